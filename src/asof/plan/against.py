"""What a plan compares the working tree with: the last builds, or a target, git ref or manifest that is named."""

import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

from asof.clock import parse_instant
from asof.dbt_files.manifest import read_graph
from asof.dbt_files.profiles import read_target
from asof.errors import ProfileError, ProjectError
from asof.features.fingerprints.compiled import compiled_models
from asof.features.fingerprints.view_meaning import columns_of
from asof.features.lineage.query import dialect_of
from asof.plan.built import built_side
from asof.plan.side import Side, ViewSide
from asof.plan.tree import compiled_side
from asof.project import Project


def side_against(project: Project, against: str | None) -> Side:
    """The side that `against` names: a manifest by its path, a target of the profile, or a git ref; else the last builds.

    Raises ProjectError where it is none of them.
    """
    if against is None:
        return side_of_target(project)
    path = Path(against)
    if path.suffix == ".json" and path.is_file():
        return side_of_manifest(path, dialect_of(project.target.adapter))
    try:
        target = read_target(project.root, project.target.profile, against)
    except ProfileError:
        with at_commit(project, against, "--against") as there:
            return compiled_side(project, f"git ref {against}", there)
    return side_of_target(replace(project, target=target))


def side_of_target(project: Project) -> Side:
    """What is built on the project's target. Raises WarehouseError."""
    with project.warehouse(read_only=True) as warehouse:
        return built_side(project, warehouse)


def side_of_manifest(path: Path, dialect: str) -> Side:
    """The feature views in a manifest that `dbt compile --full-refresh` has written. Raises ProjectError where it has no SQL."""
    try:
        graph = read_graph(json.loads(path.read_text()))
    except (ValueError, KeyError, TypeError):
        raise ProjectError(f"{path} is not a manifest of dbt; write one with: dbt compile --full-refresh") from None
    views = {}
    for view in graph.views:
        if view.sql is None:
            raise ProjectError(f"{path} has no compiled SQL of {view.name}; write it with: dbt compile --full-refresh")
        models = compiled_models(graph, view, _clock_in(view.sql, path))
        names = view.columns or columns_of(models, view.id, dialect)
        types: dict[str, str | None] = dict(view.contract) or dict.fromkeys(names)
        views[view.name] = ViewSide(view.id, view.name, models, types)
    return Side(f"the manifest {path}", views)


def _clock_in(sql: str, path: Path) -> datetime:
    """The present with which a feature view was compiled: its spine ends there."""
    found = re.search(r"spine[.]\S+ <= cast\('([^']+)' as timestamptz\)", sql)
    if found is None:
        raise ProjectError(f"{path}: a feature view in it was not made by this dbt package; write the manifest again")
    return parse_instant(found[1])


@contextmanager
def at_commit(project: Project, ref: str, option: str) -> Iterator[Project]:
    """The project as a git ref has it, in a folder that is removed after the block; packages are those of the working tree. `option` is
    where the ref was given.

    Raises ProjectError where git does not know the ref.
    """
    found = _git(project, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    if found.returncode:
        said = found.stderr.decode(errors="replace").strip().splitlines()
        other = (
            "" if option == "--of" else f"no file with a manifest, no target of profile {project.target.profile}, and "
        )
        raise ProjectError(f"{option} {ref}: it is {other}no commit; git says: {said[-1] if said else 'nothing'}")
    archived = _git(project, "archive", "--format=tar", found.stdout.decode().strip())
    if archived.returncode:
        raise ProjectError(f"{option} {ref}: git archive failed: {archived.stderr.decode(errors='replace').strip()}")
    with tempfile.TemporaryDirectory(prefix="asof-commit-") as name:
        root = Path(name)
        with tarfile.open(fileobj=BytesIO(archived.stdout)) as files:
            files.extractall(root, filter="data")
        there = replace(project, root=root, target=replace(project.target, root=root))
        if not (there.dbt_dir / "dbt_project.yml").is_file():
            raise ProjectError(f"git ref {ref} has no {project.dbt_dir.name}/dbt_project.yml in this folder")
        packages = project.dbt_dir / "dbt_packages"
        if packages.is_dir() and not (there.dbt_dir / "dbt_packages").exists():
            (there.dbt_dir / "dbt_packages").symlink_to(packages.resolve())
        yield there


def _git(project: Project, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Raises ProjectError where git is not installed."""
    try:
        return subprocess.run(["git", *arguments], cwd=project.root, capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise ProjectError("git is not installed; name a target or a manifest.json to compare with") from None

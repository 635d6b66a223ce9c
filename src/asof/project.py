"""A project on disk: its dbt project, model specs, profile and clock, and the way into its warehouse."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from asof.clock import Clock
from asof.dbt_files.graph import Graph
from asof.dbt_files.manifest import read_graph, read_manifest
from asof.dbt_files.profiles import Target, read_target, render
from asof.dbt_files.run import Dbt, running_dbt
from asof.dbt_files.variables import project_vars
from asof.errors import ProjectError, SpecError
from asof.features.builds import Build, last_build
from asof.features.changed_sql import require_one_sql
from asof.features.view_meta import ViewMeta, build_command, meta_of_build, view_meta
from asof.model_spec.loading import list_specs, load_spec
from asof.model_spec.spec import ModelSpec
from asof.user_code import file_in
from asof.warehouse.connection import Warehouse, open_warehouse
from asof.warehouse.exploring import explore, stepping_aside
from asof.yaml_file import as_names, read_yaml

if TYPE_CHECKING:
    from asof.features.view import FeatureView


@dataclass(frozen=True)
class Project:
    """An asof project. Make one with `Project.open()`.

    registry_schema and predictions_schema come from the dbt vars `asof_registry_schema` and
    `asof_predictions_schema`, trusted_types from `asof_trusted_types`, max_artifact_bytes from `asof_max_artifact_mb`,
    require_signatures from `asof_require_signatures`.
    """

    root: Path
    target: Target
    clock: Clock = field(default_factory=Clock)
    wait: float = 60.0
    target_path: str = "target"
    registry_schema: str = "ml"
    predictions_schema: str = "predictions"
    trusted_types: tuple[str, ...] = ()
    max_artifact_bytes: int = 1 << 30
    require_signatures: bool = False

    @classmethod
    def open(
        cls, root: Path | str | None = None, *, target: str | None = None, now: str | None = None, wait: float = 60.0
    ) -> "Project":
        """The project at `root`, else the one around the working directory.

        `target` is a target of the dbt profile, `now` an instant at which the clock stands (else ASOF_NOW says), `wait` the
        seconds to wait for the warehouse's lock. Raises ProjectError, ProfileError or ClockError.
        """
        folder = Path(root).resolve() if root else _find_root(Path.cwd())
        path = folder / "dbt_project" / "dbt_project.yml"
        if not path.is_file():
            raise ProjectError(f"no project in {folder}: {path} is not there")
        config = read_yaml(path, ProjectError)
        profile = os.environ.get("DBT_PROFILE") or config.get("profile")
        if not profile:
            raise ProjectError(f"{path} does not name its profile; add for example profile: my_warehouse")
        variables = project_vars(config, path)
        return cls(
            root=folder,
            target=read_target(folder, str(profile), target),
            target_path=os.environ.get("DBT_TARGET_PATH") or str(render(config.get("target-path") or "target", path)),
            clock=Clock.read(now, variables.get("asof_now")),
            wait=wait,
            registry_schema=str(variables.get("asof_registry_schema") or "ml"),
            predictions_schema=str(variables.get("asof_predictions_schema") or "predictions"),
            trusted_types=as_names(
                variables.get("asof_trusted_types"), f"{path}: vars: asof_trusted_types", ProjectError
            ),
            max_artifact_bytes=_megabytes(variables.get("asof_max_artifact_mb"), path),
            require_signatures=_flag(variables.get("asof_require_signatures"), path),
        )

    @property
    def dbt_dir(self) -> Path:
        return self.root / "dbt_project"

    def running_dbt(self, folder: Path) -> AbstractContextManager[Dbt]:
        """A dbt process for the length of a block, as of the project's present; what it writes goes to `folder`."""
        return running_dbt(self.dbt_dir, self.target, self.clock.now(), folder, self.dbt_dir / self.target_path)

    def graph(self) -> Graph:
        """The dbt project as dbt's last run on it left it, often without compiled SQL. Raises NotBuiltError."""
        return read_manifest(self.dbt_dir, self.target_path)

    def parsed(self) -> Graph:
        """The dbt project as its files are now, without compiled SQL. Raises ProjectError with dbt's words when it cannot be parsed."""
        with tempfile.TemporaryDirectory(prefix="asof-parse-") as folder, self.running_dbt(Path(folder)) as dbt:
            return read_graph(dbt.parsed())

    @property
    def model_names(self) -> list[str]:
        """The names of the model specs."""
        return list(list_specs(self.root / "models"))

    def model_spec(self, name: str) -> ModelSpec:
        """The model spec `models/<name>.yml`. Raises SpecError."""
        spec = load_spec(self.root / "models", name)
        owner = f"model spec models/{name}.yml"
        file_in(self.root, spec.estimator, f"{owner}: estimator", SpecError)
        if spec.inference.policy is not None:
            policy = file_in(self.root, spec.inference.policy, f"{owner}: inference.policy", SpecError)
            if not policy.is_file():
                raise SpecError(f"{owner}: inference.policy: there is no file {policy}")
        return spec

    @contextmanager
    def warehouse(self, *, read_only: bool = False, create: bool = False) -> Iterator[Warehouse]:
        """The project's warehouse, open for the length of the block; with `create` made if missing.

        Raises WarehouseError.
        """
        aside = nullcontext() if read_only else stepping_aside(self.target, self.wait)
        with (
            aside,
            open_warehouse(self.target, read_only=read_only, create=create, wait=self.wait) as warehouse,
            warehouse.translating_errors(),
        ):
            yield warehouse

    def view_in(self, warehouse: Warehouse, name: str) -> "FeatureView":
        """A feature view in a warehouse that is open already: the table that was last built for the project's target.

        Raises ProjectError, and NotBuiltError also where its rows were built under more than one SQL.
        """
        from asof.features.view import open_feature_view  # noqa: PLC0415  # brings Ibis

        meta, build = self.view_build(warehouse, name)
        require_one_sql(warehouse, self.registry_schema, meta, self.target, self.graph)
        return open_feature_view(warehouse, meta, build)

    def view_build(self, warehouse: Warehouse, name: str) -> tuple[ViewMeta, Build | None]:
        """What a feature view is, and its last build for the project's target; None where no build is on record.

        Raises ProjectError, and NotBuiltError where it was built for other targets alone.
        """
        command = build_command(name, self.dbt_dir)
        build = last_build(warehouse, self.registry_schema, name, self.target.name, command)
        meta = meta_of_build(build, name, self.dbt_dir) if build else None
        if meta is None:
            meta = view_meta(self.graph(), name, self.dbt_dir)
            if build and build.table:
                # where the manifest is of another target, it does not know this one's label either
                label = meta.label if meta.schema == build.table[0] else None
                meta = replace(meta, schema=build.table[0], table=build.table[1], label=label)
        return meta, build

    def feature_view(self, name: str) -> "FeatureView":
        """A feature view to explore, over a read-only connection that stays open as long as the view is held.

        While it is, other processes can read the warehouse but not write to it, `dbt build` among them.
        Raises NotBuiltError or ProjectError.
        """
        return self.view_in(explore(self.target, self.wait), name)


def project_of(project: "Project | None", call: str, *arguments: object) -> Project:
    """The project of a call, else the one around the working directory.

    Raises ProjectError where the project is among the other arguments, as it was in an older asof; `call` is how it is called.
    """
    if any(isinstance(argument, Project) for argument in arguments):
        raise ProjectError(f"the project comes last now: asof.{call}")
    return project or Project.open()


def _megabytes(value: object, path: Path) -> int:
    if value is None:
        return 1 << 30
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise ProjectError(f"{path}: vars: asof_max_artifact_mb: expected a number of MiB above 0, got {value!r}")
    return int(value * 2**20)


def _flag(value: object, path: Path) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ProjectError(f"{path}: vars: asof_require_signatures: expected true or false, got {value!r}")


def _find_root(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / "dbt_project" / "dbt_project.yml").is_file():
            return folder
    raise ProjectError(
        f"no project in {start} or above it: expected a folder with dbt_project/dbt_project.yml; "
        "go there, or name it with --project-dir"
    )

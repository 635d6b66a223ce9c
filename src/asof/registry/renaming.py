"""`asof rename`: a model gets another name, and keeps its history.

Its rows, predictions and spec go by the new name from then on; the event in `renames` says what it was called before, and until when.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from asof.errors import RegistryError
from asof.project import Project, project_of
from asof.registry.aliases import current_user
from asof.registry.rows import RenameRow
from asof.registry.signing import SigningKey, sign_version
from asof.registry.store import Registry, writing
from asof.registry.versions import versions_of
from asof.warehouse.sql import quoted

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# every table of the registry with a model in it, but for `renames`
_TABLES = (
    "training_runs",
    "tuning_runs",
    "trials",
    "model_versions",
    "version_signatures",
    "model_features",
    "alias_events",
    "prediction_runs",
    "experiments",
)


@dataclass(frozen=True)
class Renaming:
    """What a rename did. `mentions` are files of the dbt project in which the old name stands; they are not changed."""

    model: str
    new_name: str
    spec: Path
    mentions: tuple[str, ...]


def rename(model: str, new_name: str, project: Project | None = None, *, reason: str | None = None) -> Renaming:
    """Gives a model another name: in the registry, in its predictions and in its spec's file, which moves to `models/<new>.yml`.

    Raises RegistryError where the new name is taken or cannot be one, or versions are signed and the key is not at hand.
    """
    project = project_of(project, "rename(model, new_name, project)", model, new_name)
    project.model_spec(model)
    _refuse_name(project, model, new_name)
    before = project.root / "models" / f"{model}.yml"
    after = before.with_name(f"{new_name}.yml")
    content = re.sub(rf"(?m)^name:\s*{re.escape(model)}\s*$", f"name: {new_name}", before.read_text(), count=1)
    try:
        with writing(project) as registry:
            _rename_rows(registry, project, model, new_name, reason)
            after.write_text(content)
            project.model_spec(new_name)
    except BaseException:  # the transaction is undone, and with it the new spec
        after.unlink(missing_ok=True)
        raise
    before.unlink()
    return Renaming(model, new_name, after, tuple(_mentions(project, model)))


def _refuse_name(project: Project, model: str, new_name: str) -> None:
    if not _NAME.fullmatch(new_name):
        raise RegistryError(
            f"'{new_name}' cannot be the name of a model; use lower case, digits and _, and a letter first"
        )
    if new_name in project.model_names:
        raise RegistryError(f"model {model}: there is a spec models/{new_name}.yml already; take another name")


def _rename_rows(registry: Registry, project: Project, model: str, new_name: str, reason: str | None) -> None:
    warehouse = registry.warehouse
    if versions_of(registry, new_name):
        raise RegistryError(
            f"model {model}: the registry has versions of a model '{new_name}' already; take another name"
        )
    signed = warehouse.has_table(registry.schema, "version_signatures") and warehouse.rows(
        f"select 1 as found from {warehouse.qualified(registry.schema, 'version_signatures')} where model = ? limit 1",
        [model],
    )
    key = SigningKey.from_environment()
    if signed and key is None:
        raise RegistryError(
            f"model {model}: its versions are signed, and a signature covers the name; set ASOF_SIGNING_KEY, so that they are signed again"
        )
    for table in _TABLES:
        if warehouse.has_table(registry.schema, table):
            warehouse.execute(
                f"update {warehouse.qualified(registry.schema, table)} set model = ? where model = ?", [new_name, model]
            )
    if warehouse.has_table(project.predictions_schema, model):
        predictions = warehouse.qualified(project.predictions_schema, model)
        warehouse.execute(f"update {predictions} set model = ?", [new_name])
        warehouse.execute(f"alter table {predictions} rename to {quoted(new_name)}")
    if key is not None and signed:
        for row in versions_of(registry, new_name):
            sign_version(registry, row, key)
    event = RenameRow(
        event_id=registry.next_number(RenameRow, "event_id"),
        model=model,
        new_name=new_name,
        happened_at=project.clock.now(),
        actor=current_user(),
        reason=reason,
    )
    registry.append([event])


def _mentions(project: Project, model: str) -> list[str]:
    """Files of the dbt project, policies and dashboards in which a name stands as a word."""
    word = re.compile(rf"\b{re.escape(model)}\b")
    folders = [project.dbt_dir / name for name in ("models", "macros", "tests", "snapshots")]
    folders += [project.root / name for name in ("inference", "dashboards")]
    files = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix in {".sql", ".yml", ".yaml", ".py"}
    )
    return [str(path.relative_to(project.root)) for path in files if word.search(path.read_text(errors="replace"))]

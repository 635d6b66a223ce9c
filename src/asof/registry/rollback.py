"""The features of a version that is rolled back to: built again from the SQL on record where they are not built any longer."""

import uuid

from asof.dbt_files.graph import name_and_version
from asof.errors import NotBuiltError
from asof.features.builds import REBUILT
from asof.features.rebuild import RebuiltModel, build_again, free_number, plan_rebuild
from asof.features.record import read_record
from asof.project import Project
from asof.registry.pinned import pinned_by, texts_of, view_of
from asof.registry.rows import VersionRow
from asof.registry.store import Registry


def source_relations(project: Project) -> dict[str, str]:
    """The relation of each node of the dbt project on the project's target, as dbt writes it in SQL. Raises ProjectError."""
    return {node.id: node.relation_name for node in project.parsed().nodes.values() if node.relation_name}


def rebuild(registry: Registry, project: Project, version: VersionRow, relations: dict[str, str]) -> list[RebuiltModel]:
    """Builds the view of a version, and what changed above it, as they were at training and up to the present; to be called in a
    transaction. A view that an earlier rollback has built is built again. Returns what was built.

    Raises NotBuiltError where that is not possible, naming the model.
    """
    pins = pinned_by(registry, version)
    if pins is None or version.view_model is None:
        raise NotBuiltError(
            f"{version.title}: the SQL of its features is not on record, since it was trained by an older asof; bring it back by git"
        )
    record = read_record(registry.warehouse, registry.schema, project.target)
    before = texts_of(registry, pins.built_from)
    missing = sorted(set(pins.built_from) - set(before))
    if missing:
        raise NotBuiltError(f"{version.title}: the SQL of {', '.join(missing)} is not on record")
    current = record.built_from(version.view_model).models
    now = project.clock.now()
    number = _number_of_rebuilt(registry, project, version)
    if number is None:
        taken = {(row["table_schema"], row["table_name"]) for row in _tables(registry)}
        number = free_number(record, {**relations, **record.relations()}, pins.built_from, taken)
    models = plan_rebuild(version.view_model, before, current, {**relations, **record.relations()}, number, now)
    if models:
        run_id = f"{REBUILT}{uuid.uuid4()}"
        build_again(registry.warehouse, registry.schema, project.target.name, models, now, run_id)
    return models


def is_rebuilt(registry: Registry, project: Project, version: VersionRow) -> bool:
    """Whether a version reads a view that a rollback has built."""
    return _number_of_rebuilt(registry, project, version) is not None


def _number_of_rebuilt(registry: Registry, project: Project, version: VersionRow) -> int | None:
    """The number under which an earlier rollback has built the features of a version; None where none has."""
    name = view_of(registry, version, project)
    _, build = project.view_build(registry.warehouse, name)
    if build is None or not build.is_rebuilt:
        return None
    return int(name_and_version(name)[1] or 0)


def _tables(registry: Registry) -> list[dict[str, object]]:
    """The tables and views of the warehouse, by lower-case schema and name."""
    return list(
        registry.warehouse.rows(
            "select lower(table_schema) as table_schema, lower(table_name) as table_name from information_schema.tables "
            "where table_catalog = ?",
            [registry.warehouse.catalog],
        )
    )

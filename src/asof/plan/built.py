"""The side of a plan that is built: the feature views of a target, as the warehouse records their last builds."""

from asof.errors import NotBuiltError
from asof.features.builds import REBUILT, last_build
from asof.features.pins import read_built_from
from asof.features.view_meta import build_command, meta_of_build
from asof.plan.side import Side, ViewSide
from asof.project import Project
from asof.warehouse.connection import Warehouse


def built_side(project: Project, warehouse: Warehouse) -> Side:
    """The feature views that were built on the project's target. Those of an older package have no SQL on record."""
    target, schema = project.target.name, project.registry_schema
    views = {}
    for name in _names(warehouse, schema, target):
        try:
            build = last_build(warehouse, schema, name, target, build_command(name, project.dbt_dir))
        except NotBuiltError:  # dbt builds versions of it by now
            continue
        meta = meta_of_build(build, name, project.dbt_dir) if build else None
        if meta is None or not warehouse.has_table(meta.schema, meta.table):
            continue
        built = read_built_from(warehouse, schema, project.target, meta)
        views[name] = ViewSide(
            id=meta.id,
            name=name,
            models=built.models,
            types=warehouse.column_types(meta.schema, meta.table),
            unknown=built.unknown,
        )
    return Side(f"what is built on target {target}", views)


def _names(warehouse: Warehouse, schema: str, target: str) -> list[str]:
    """The feature views that dbt has built, as it selects them; without those that a rollback has built."""
    if not warehouse.has_table(schema, "view_builds") or "model" not in warehouse.columns(schema, "view_builds"):
        return []
    rows = warehouse.rows(
        "select distinct regexp_replace(model, '^[^.]+[.][^.]+[.]', '') as name "
        f"from {warehouse.qualified(schema, 'view_builds')} where target = ? and model is not null "
        "and not starts_with(invocation_id, ?) order by 1",
        [target, REBUILT],
    )
    return [row["name"] for row in rows]

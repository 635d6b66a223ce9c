"""The side of a plan that is built: the feature views of a target, as the warehouse records their last builds."""

from asof.errors import NotBuiltError
from asof.features.builds import built_by_dbt, last_build
from asof.features.pins import read_built_from
from asof.features.view_meta import build_command, meta_of_build
from asof.plan.side import Side, ViewSide
from asof.project import Project
from asof.warehouse.connection import Warehouse


def built_side(project: Project, warehouse: Warehouse) -> Side:
    """The feature views that were built on the project's target. Those of an older package have no SQL on record."""
    target, schema = project.target.name, project.registry_schema
    views = {}
    for name in built_by_dbt(warehouse, schema, target):
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

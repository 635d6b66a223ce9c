"""Builds of feature views, as the dbt package's on-run-end records them: which table of which target, up to when."""

from dataclasses import dataclass
from datetime import datetime

from asof.errors import NotBuiltError
from asof.features.view_meta import ViewMeta
from asof.warehouse.connection import Warehouse


@dataclass(frozen=True)
class Build:
    """The last build of a view for a target. An asof before 0.2 did not record the table: then it is None."""

    built_up_to: datetime
    table: tuple[str, str] | None


def last_build(warehouse: Warehouse, registry_schema: str, view: ViewMeta, target: str) -> Build | None:
    """The last build of a view for a target; None where no build of the view is on record at all.

    dbt's manifest names the tables of whichever target dbt ran on last; this names those of the target that is asked for.
    Raises NotBuiltError where the view was built for other targets alone.
    """
    if not warehouse.has_table(registry_schema, "view_builds"):
        return None
    there = warehouse.columns(registry_schema, "view_builds")
    # An asof before 0.2 called the relation `view`, and kept the view's name in it.
    relation = "relation" if "relation" in there else "view"
    later = ("target", "table_schema", "table_name", "model")
    columns = ["*", f"{relation} as built", *(f"null as {name}" for name in later if name not in there)]
    rows = warehouse.rows(
        f"select built_up_to, target, table_schema, table_name, model from (select {', '.join(columns)} "
        f"from {warehouse.qualified(registry_schema, 'view_builds')}) as builds "
        "where split_part(model, '.', 3) = ? or built = ? order by built_at, invocation_id",
        [view.name, view.name],
    )
    # the view's own id; after the dbt project was renamed, the view of its name
    rows = [row for row in rows if row["model"] in {view.id, None}] or rows
    own = [row for row in rows if row["target"] in {target, None}]
    if rows and not own:
        others = ", ".join(sorted({f"{row['target']} ({row['table_schema']}.{row['table_name']})" for row in rows}))
        raise NotBuiltError(
            f"feature view {view.name}: the warehouse {warehouse.path} has builds of it for the target {others}, and none for "
            f"{target}; run: {view.build_command} --target {target}"
        )
    if not own:
        return None
    last = own[-1]
    return Build(last["built_up_to"], (last["table_schema"], last["table_name"]) if last["table_name"] else None)

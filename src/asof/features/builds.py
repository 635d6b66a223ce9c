"""Builds of feature views, as the dbt package's on-run-end records them: which table of which target, up to when."""

from dataclasses import dataclass
from datetime import datetime

from asof.errors import NotBuiltError
from asof.warehouse.connection import Warehouse

_COLUMNS = ("target", "table_schema", "table_name")


@dataclass(frozen=True)
class Build:
    """The last build of a view for a target. An asof before 0.2 did not record the table: then it is None."""

    built_up_to: datetime
    table: tuple[str, str] | None


def last_build(warehouse: Warehouse, registry_schema: str, view: str, target: str, command: str) -> Build | None:
    """The last build of a view for a target; None where no build of the view is on record at all.

    dbt's manifest names the tables of whichever target dbt ran on last; this names those of the target that is asked for.
    Raises NotBuiltError where the view was built for other targets alone; `command` builds it.
    """
    if not warehouse.has_table(registry_schema, "view_builds"):
        return None
    there = warehouse.columns(registry_schema, "view_builds")
    listed = ", ".join(name if name in there else f"null as {name}" for name in _COLUMNS)
    source = warehouse.qualified(registry_schema, "view_builds")
    rows = warehouse.rows(
        f"select built_up_to, {listed} from {source} where view = ? order by built_at, invocation_id", [view]
    )
    own = [row for row in rows if row["target"] in {target, None}]
    if rows and not own:
        others = ", ".join(sorted({f"{row['target']} ({row['table_schema']}.{row['table_name']})" for row in rows}))
        raise NotBuiltError(
            f"feature view {view}: the warehouse {warehouse.path} has builds of it for the target {others}, and none for "
            f"{target}; run: {command} --target {target}"
        )
    if not own:
        return None
    last = own[-1]
    return Build(last["built_up_to"], (last["table_schema"], last["table_name"]) if last["table_name"] else None)

"""Builds of feature views, as the dbt package's on-run-end records them: which table of which target, up to when, made of what."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asof.dbt_files.graph import name_and_version
from asof.errors import NotBuiltError
from asof.warehouse.connection import Warehouse

REBUILT = "asof-rebuild-"  # begins the invocation_id of what asof itself has built again


# SQL for the name of a view as dbt selects it, from the column `model`, its unique id
_NAME = "regexp_replace(model, '^[^.]+[.][^.]+[.]', '')"


@dataclass(frozen=True)
class Build:
    """The last build of a view for a target. `model` is the view's unique id, `composition` what it was made of, as the package
    wrote it. An asof before 0.2 did not record them nor the table: then they are None.
    """

    built_up_to: datetime
    table: tuple[str, str] | None
    model: str | None = None
    composition: dict[str, Any] | None = None
    is_rebuilt: bool = False  # by a rollback, not by dbt


def last_build(warehouse: Warehouse, registry_schema: str, view: str, target: str, build_command: str) -> Build | None:
    """The last build of a view for a target; None where no build of the view is on record at all.

    A view is named as dbt selects it. dbt's manifest names the tables of whichever target dbt ran on last; the record names those
    of the target that is asked for.

    Raises NotBuiltError where the view was built for other targets alone, or dbt builds versions of it by now.
    """
    if not warehouse.has_table(registry_schema, "view_builds"):
        return None
    there = warehouse.columns(registry_schema, "view_builds")
    # An asof before 0.2 called the relation `view`, and kept the view's name in it.
    relation = "relation" if "relation" in there else "view"
    later = ("target", "table_schema", "table_name", "model", "composition")
    columns = ["*", f"{relation} as built", *(f"null as {name}" for name in later if name not in there)]
    rows = warehouse.rows(
        "select built_up_to, target, table_schema, table_name, model, composition, invocation_id from "
        f"(select {', '.join(columns)} from {warehouse.qualified(registry_schema, 'view_builds')}) as builds "
        f"where {_NAME} = ? or built = ? order by built_at, invocation_id",
        [view, view],
    )
    _refuse_without_version(warehouse, registry_schema, view, later=bool(rows) and "model" in there)
    own = [row for row in rows if row["target"] in {target, None}]
    if rows and not own:
        others = ", ".join(sorted({f"{row['target']} ({row['table_schema']}.{row['table_name']})" for row in rows}))
        raise NotBuiltError(
            f"feature view {view}: the warehouse {warehouse.path} has builds of it for the target {others}, and none for "
            f"{target}; run: {build_command} --target {target}"
        )
    if not own:
        return None
    last = own[-1]
    return Build(
        built_up_to=last["built_up_to"],
        table=(last["table_schema"], last["table_name"]) if last["table_name"] else None,
        model=last["model"],
        composition=json.loads(last["composition"]) if last["composition"] else None,
        is_rebuilt=str(last["invocation_id"]).startswith(REBUILT),
    )


def _refuse_without_version(warehouse: Warehouse, registry_schema: str, view: str, *, later: bool) -> None:
    """Raises NotBuiltError where dbt has built versions of a view after the view itself."""
    if not later:
        return
    versions = warehouse.rows(
        f"with builds as (select {_NAME} as name, built_at, invocation_id "
        f"from {warehouse.qualified(registry_schema, 'view_builds')}) "
        "select distinct name from builds where starts_with(name, ? || '.v') and not starts_with(invocation_id, ?) "
        "and built_at > (select max(built_at) from builds where name = ?) order by name",
        [view, REBUILT, view],
    )
    if versions:
        names = [row["name"] for row in versions]
        raise NotBuiltError(
            f"feature view {view} has dbt model versions by now ({', '.join(names)}); say which one a model reads, in its spec as "
            f"version: {name_and_version(names[-1])[1]}"
        )


def built_by_dbt(warehouse: Warehouse, registry_schema: str, target: str) -> list[str]:
    """The feature views that dbt has built on a target, as it selects them; without those that a rollback has built."""
    schema = registry_schema
    if not warehouse.has_table(schema, "view_builds") or "model" not in warehouse.columns(schema, "view_builds"):
        return []
    rows = warehouse.rows(
        f"select distinct {_NAME} as name from {warehouse.qualified(schema, 'view_builds')} "
        "where target = ? and model is not null and not starts_with(invocation_id, ?) order by 1",
        [target, REBUILT],
    )
    return [row["name"] for row in rows]


def relation_parts(relation: str) -> list[str]:
    """The parts of a relation's name as dbt writes it: `"shop"."main"."orders"` has three."""
    return [part.replace('""', '"') for part in re.findall(r'"((?:[^"]|"")*)"', relation)] or relation.split(".")

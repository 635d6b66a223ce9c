"""Builds of feature views, as the dbt package's on-run-end records them: which table of which target, up to when, made of what."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asof.errors import NotBuiltError
from asof.warehouse.connection import Warehouse


@dataclass(frozen=True)
class Build:
    """The last build of a view for a target. `model` is the view's unique id, `composition` what it was made of, as the package
    wrote it. An asof before 0.2 did not record them nor the table: then they are None.
    """

    built_up_to: datetime
    table: tuple[str, str] | None
    model: str | None = None
    composition: dict[str, Any] | None = None


def last_build(warehouse: Warehouse, registry_schema: str, view: str, target: str, build_command: str) -> Build | None:
    """The last build of a view for a target; None where no build of the view is on record at all.

    A view is named as dbt selects it. One that has got dbt model versions since is the first of them. dbt's manifest names the
    tables of whichever target dbt ran on last; the record names those of the target that is asked for.

    Raises NotBuiltError where the view was built for other targets alone.
    """
    if not warehouse.has_table(registry_schema, "view_builds"):
        return None
    there = warehouse.columns(registry_schema, "view_builds")
    # An asof before 0.2 called the relation `view`, and kept the view's name in it.
    relation = "relation" if "relation" in there else "view"
    later = ("target", "table_schema", "table_name", "model", "composition")
    columns = ["*", f"{relation} as built", *(f"null as {name}" for name in later if name not in there)]
    rows = warehouse.rows(
        f"select built_up_to, target, table_schema, table_name, model, composition from (select {', '.join(columns)} "
        f"from {warehouse.qualified(registry_schema, 'view_builds')}) as builds "
        "where regexp_replace(model, '^[^.]+[.][^.]+[.]', '') in (?, ?) or built = ? order by built_at, invocation_id",
        [view, f"{view}.v1", view],
    )
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
    )


def relation_parts(relation: str) -> list[str]:
    """The parts of a relation's name as dbt writes it: `"shop"."main"."orders"` has three."""
    return [part.replace('""', '"') for part in re.findall(r'"((?:[^"]|"")*)"', relation)] or relation.split(".")

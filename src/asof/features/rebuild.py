"""Builds an older form of a feature view from the SQL on record, beside the one that dbt builds now, under a version of its own.

What means what it meant is read as it is; the view, and what changed above it, become tables called `<name>_v<number>`, as dbt
calls the versions of a model.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asof.dbt_files.graph import name_and_version
from asof.errors import NotBuiltError
from asof.features.builds import relation_parts
from asof.features.fingerprints.compiled import ModelSQL, name_of
from asof.features.fingerprints.portable import CLOCK
from asof.features.record import Record
from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import quoted

_COMPOSITION = re.compile(r"(?s)/\* asof[.]feature_view (.*?) \*/")


@dataclass(frozen=True)
class RebuiltModel:
    """A table to build. `sql` can be run as it is; `recorded` is the same text for the record, portable and under its new name."""

    id: str
    relation: str
    sql: str
    recorded: ModelSQL

    @property
    def composition(self) -> str | None:
        """What a feature view is made of, as its SQL says; None for another model."""
        found = _COMPOSITION.search(self.sql)
        return found[1] if found else None


def plan_rebuild(
    view: str,
    pinned: Mapping[str, ModelSQL],
    current: Mapping[str, ModelSQL],
    relations: Mapping[str, str],
    number: int,
    now: datetime,
) -> list[RebuiltModel]:
    """The tables to build for a view as it was pinned, each after those that it reads; none where nothing differs.

    `current` is what is built now, `relations` has the relation of each node as SQL names it, sources among them.

    Raises NotBuiltError naming a model that cannot be built from SQL: a Python model, a snapshot, a seed, or one not on record.
    """
    order = _in_order(view, pinned)
    differ: list[str] = []
    for model in order:
        same = model in current and current[model].sql_sha256 == pinned[model].sql_sha256
        if not same or any(parent in differ for parent in pinned[model].reads):
            differ.append(model)
    _refuse_what_is_not_sql(differ, pinned)
    tables = {model: relation_parts(relations[model]) for model in differ if model in relations}
    new = {model: quoted(*parts[:-1], _versioned_table(model, parts[-1], number)) for model, parts in tables.items()}
    return [_rebuilt(pinned[model], new, relations, number, now) for model in differ]


def _in_order(view: str, models: Mapping[str, ModelSQL]) -> list[str]:
    """The models that a view is made of and the view itself, each after those that it reads."""
    found: dict[str, None] = {}

    def visit(model: str) -> None:
        if model not in found and model in models:
            for parent in models[model].reads:
                visit(parent)
            found[model] = None

    visit(view)
    return list(found)


def _refuse_what_is_not_sql(models: Sequence[str], pinned: Mapping[str, ModelSQL]) -> None:
    for model in models:
        kind = model.split(".")[0]
        if pinned[model].form == "text":
            kind = "Python model or model in batches"
        if kind != "model":
            raise NotBuiltError(
                f"the {kind} {name_of(model)} differs from the one at training, and cannot be built from SQL on record; bring its files back "
                "by git, then build them with dbt"
            )


def _rebuilt(
    text: ModelSQL, new: Mapping[str, str], relations: Mapping[str, str], number: int, now: datetime
) -> RebuiltModel:
    sql, recorded = text.sql or "", text.sql or ""
    own = new.get(text.model)
    for model, table in text.reads.items():
        portable = f'"{model}"."{table}"'
        filled = new.get(model) or relations.get(model)
        if filled is None:
            raise NotBuiltError(
                f"{name_of(text.model)} cannot be built again: {model.split('.')[0]} {name_of(model)}, which it reads, is no longer in the "
                "dbt project; bring it back by git"
            )
        sql = _replaced(sql, portable, filled)
        if model in new:
            versioned = f'"{_versioned(model, number)}"."{_versioned_table(model, table, number)}"'
            recorded = _replaced(recorded, portable, versioned)
    if own is None:
        raise NotBuiltError(f"{name_of(text.model)} cannot be built again: no build of it is on record")
    sql = sql.replace(f"'{CLOCK}'", f"'{now.astimezone(UTC).isoformat(' ')}'")
    id_ = _versioned(text.model, number)
    return RebuiltModel(id_, own, sql, ModelSQL.of_sql(id_, recorded))


def _replaced(sql: str, old: str, new: str) -> str:
    """Replaces a relation in SQL, and in the JSON of a composition."""
    return sql.replace(old, new).replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])


def free_number(
    record: Record, relations: Mapping[str, str], models: Iterable[str], taken: Collection[tuple[object, object]]
) -> int:
    """The first version number that none of some models has, on record or as a table; `taken` has the tables that are there."""
    models, number = list(models), 1

    def is_taken(model: str) -> bool:
        parts = relation_parts(relations[model]) if model in relations else []
        table = (parts[-2].lower(), _versioned_table(model, parts[-1], number).lower()) if len(parts) > 1 else None
        return record.has(_versioned(model, number)) or table in taken

    while any(is_taken(model) for model in models):
        number += 1
    return number


def _versioned(model: str, number: int) -> str:
    """The unique id of a version of a dbt model, from the model's or that of another version of it."""
    kind, package, name = model.split(".", maxsplit=2)
    return f"{kind}.{package}.{name_and_version(name)[0]}.v{number}"


def _versioned_table(model: str, table: str, number: int) -> str:
    version = name_and_version(name_of(model))[1]
    return f"{table.removesuffix(f'_v{version}')}_v{number}"


def build_again(
    warehouse: Warehouse, registry_schema: str, target: str, models: Sequence[RebuiltModel], now: datetime, run_id: str
) -> None:
    """Builds the tables and records them as builds of the target, up to `now`; to be called in a transaction."""
    built_at = datetime.now(UTC)
    builds, texts, views = [], [], []
    for model in models:
        parts = relation_parts(model.relation)
        warehouse.execute(f"create schema if not exists {quoted(*parts[:-1])}")
        warehouse.execute(f"create or replace table {model.relation} as\n{model.sql}")
        builds.append(
            {
                "model": model.id,
                "target": target,
                "built_at": built_at,
                "invocation_id": run_id,
                "is_full": True,
                "source_hash": model.recorded.sql_sha256,
                "sql_sha256": model.recorded.sql_sha256,
                "relation": model.relation,
                "materialized": "table",
            }
        )
        texts.append(
            {
                "model": model.id,
                "sql_sha256": model.recorded.sql_sha256,
                "form": "full",
                "source_hash": model.recorded.sql_sha256,
                "sql": model.recorded.sql,
                "recorded_at": built_at,
                "invocation_id": run_id,
            }
        )
        if model.composition is not None:
            views.append(
                {
                    "relation": model.relation,
                    "built_up_to": now,
                    "built_at": built_at,
                    "invocation_id": run_id,
                    "target": target,
                    "table_schema": parts[-2],
                    "table_name": parts[-1],
                    "model": model.id,
                    "composition": model.composition,
                }
            )
    known = {
        (row["model"], row["sql_sha256"])
        for row in warehouse.rows(
            f"select model, sql_sha256 from {warehouse.qualified(registry_schema, 'compiled_models')}"
        )
    }
    new = [text for text in texts if (text["model"], text["sql_sha256"]) not in known]
    for table, rows in (("compiled_models", new), ("model_builds", builds), ("view_builds", views)):
        if rows:
            warehouse.insert(registry_schema, table, rows)

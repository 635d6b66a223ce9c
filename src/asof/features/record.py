"""What the warehouse records of dbt's builds, and what follows: from which SQL a feature view was built, at any moment.

The dbt package writes both tables: `compiled_models` has each text once, `model_builds` says which build ran which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asof.features.fingerprints.compiled import ModelSQL
from asof.warehouse.connection import Warehouse

_PASSED_ON = {
    "view",
    "ephemeral",
}  # materializations that keep no rows: they are as their parents are when they are read


@dataclass(frozen=True)
class RecordedBuild:
    """One build of a model on a target. `compiled` is the full form of its SQL, None where that is not on record."""

    built_at: datetime
    source_hash: str
    materialized: str
    relation: str
    seconds: float | None
    compiled: ModelSQL | None


@dataclass(frozen=True)
class BuiltFrom:
    """The SQL that a feature view was built from: the text of each model, snapshot and seed, by unique id.

    `unknown` are those of which no full form is on record. `others` has further texts of models that stood under different
    SQL when different parts of the view were built; `models` has the last.
    """

    models: Mapping[str, ModelSQL]
    unknown: tuple[str, ...] = ()
    others: Mapping[str, Sequence[ModelSQL]] = field(default_factory=dict)

    @property
    def hashes(self) -> dict[str, str]:
        """The hash of each text by unique id, in the order of the ids."""
        return {id_: self.models[id_].sql_sha256 for id_ in sorted(self.models)}


class Record:
    """The builds of one target, and the texts that they ran."""

    def __init__(self, builds: Mapping[str, Sequence[RecordedBuild]]) -> None:
        """`builds` has those of each model in the order of time."""
        self._builds = builds

    def parents(self) -> dict[str, tuple[str, ...]]:
        """The models and snapshots that each is made of, by its newest SQL."""
        newest = {model: builds[-1].compiled for model, builds in self._builds.items()}
        return {
            model: tuple(parent for parent in text.reads if parent.split(".")[0] in {"model", "snapshot"})
            for model, text in newest.items()
            if text is not None
        }

    def text(self, model: str, source_hash: str) -> ModelSQL | None:
        """The full SQL that was compiled from a source of a model; None where it is not on record."""
        builds = (build for build in self._builds.get(model, ()) if build.source_hash == source_hash)
        return next((build.compiled for build in builds if build.compiled), None)

    def last_built(self) -> dict[str, datetime]:
        """When each model was last built."""
        return {model: builds[-1].built_at for model, builds in self._builds.items()}

    def seconds(self) -> dict[str, float]:
        """How long the last build of each model took."""
        return {model: builds[-1].seconds for model, builds in self._builds.items() if builds[-1].seconds is not None}

    def relations(self) -> dict[str, str]:
        """The relation of each model as its last build named it."""
        return {model: builds[-1].relation for model, builds in self._builds.items()}

    def names(self, base: str) -> list[str]:
        """The models that are called `base`, and the versions of it: names as dbt selects them, the last built first."""
        named = {model.split(".", maxsplit=2)[2]: builds[-1].built_at for model, builds in self._builds.items()}
        found = [name for name in named if name == base or name.rsplit(".v", maxsplit=1)[0] == base]
        return sorted(found, key=lambda name: named[name], reverse=True)

    def has(self, model: str) -> bool:
        return model in self._builds

    def built_from(self, view: str, until: datetime | None = None) -> BuiltFrom:
        """The SQL that a view is made of, as of its last build until a moment.

        A table is made of what its parents were when it was built, and a dbt view of what they are when it is read.
        """
        texts: dict[str, dict[str, tuple[datetime, ModelSQL]]] = {}
        unknown: dict[str, None] = {}
        seen: set[tuple[str, datetime | None]] = set()
        waiting: list[tuple[str, datetime | None]] = [(view, until)]
        while waiting:
            model, moment = waiting.pop()
            if (model, moment) in seen:
                continue
            seen.add((model, moment))
            build = self._last(model, moment)
            if build is None or build.compiled is None:
                unknown[model] = None
                continue
            texts.setdefault(model, {})[build.compiled.sql_sha256] = (build.built_at, build.compiled)
            then = moment if build.materialized in _PASSED_ON else build.built_at
            waiting += [(parent, then) for parent in build.compiled.reads if not parent.startswith("source.")]
        newest_first = {
            model: [text for _, text in sorted(found.values(), key=lambda each: each[0], reverse=True)]
            for model, found in texts.items()
        }
        return BuiltFrom(
            models={model: found[0] for model, found in newest_first.items()},
            unknown=tuple(sorted(unknown)),
            others={model: found[1:] for model, found in newest_first.items() if len(found) > 1},
        )

    def _last(self, model: str, moment: datetime | None) -> RecordedBuild | None:
        by_then = [build for build in self._builds.get(model, ()) if moment is None or build.built_at <= moment]
        return by_then[-1] if by_then else None


def read_record(warehouse: Warehouse, registry_schema: str, target: str) -> Record:
    """The record of a target; empty where the package that built it was older."""
    builds = _rows(warehouse, registry_schema, "model_builds", "target = ? and sql_sha256 is not null", [target])
    if not builds or not warehouse.has_table(registry_schema, "compiled_models"):
        return Record({})
    texts = compiled_in(warehouse, registry_schema)
    full = {(text.model, text.source_hash): text for text in texts.values() if text.form != "incremental"}
    found: dict[str, list[RecordedBuild]] = {}
    for row in builds:
        text = texts.get((row["model"], row["sql_sha256"]))
        if text is not None and text.form == "incremental":
            # the full form of the same source, as this build or the first of its text had it
            sources = (row["source_hash"], text.source_hash)
            text = next((full[text.model, source] for source in sources if (text.model, source) in full), None)
        build = RecordedBuild(
            row["built_at"], row["source_hash"], row["materialized"], row["relation"], row["seconds"], text
        )
        found.setdefault(row["model"], []).append(build)
    return Record(found)


def compiled_in(warehouse: Warehouse, registry_schema: str) -> dict[tuple[str, str], ModelSQL]:
    """Every text on record, by model and hash."""
    rows = warehouse.rows(
        "select model, sql_sha256, form, sql, source_hash "
        f"from {warehouse.qualified(registry_schema, 'compiled_models')}"
    )
    return {(row["model"], row["sql_sha256"]): ModelSQL(**row) for row in rows}


def _rows(
    warehouse: Warehouse, registry_schema: str, table: str, condition: str, parameters: list[object]
) -> list[dict[str, Any]]:
    there = warehouse.columns(registry_schema, table) if warehouse.has_table(registry_schema, table) else []
    if "sql_sha256" not in there:
        return []
    return list(
        warehouse.rows(
            "select model, built_at, source_hash, sql_sha256, materialized, relation, seconds "
            f"from {warehouse.qualified(registry_schema, table)} where {condition} order by built_at, invocation_id",
            parameters,
        )
    )

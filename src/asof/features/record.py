"""What the warehouse records of dbt's builds, and what follows: from which SQL a feature view was built.

The dbt package writes both tables: `compiled_models` has each text once, `model_builds` says which build ran which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asof.dbt_files.graph import name_and_version
from asof.dbt_files.profiles import Target
from asof.features.builds import REBUILT
from asof.features.fingerprints.compiled import ModelSQL
from asof.warehouse.connection import Warehouse

# materializations that keep no rows: they are as their parents are when they are read
_PASSED_ON = {"view", "ephemeral"}


@dataclass(frozen=True)
class RecordedBuild:
    """One build of a model on a target. `ran` is the SQL that it ran, `compiled` the full form of it, None where that is not on
    record.
    """

    built_at: datetime
    source_hash: str
    materialized: str
    relation: str
    seconds: float | None
    is_rebuilt: bool
    ran: ModelSQL | None
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

    def __init__(self, builds: Mapping[str, Sequence[RecordedBuild]], adapter: str) -> None:
        """`builds` has those of each model in the order of time."""
        self._builds = builds
        self._adapter = adapter

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
        return next((text for text in map(self._full, builds) if text), None)

    def _full(self, build: RecordedBuild) -> ModelSQL | None:
        """The full form of what a build ran. Where only the incremental form of its source is on record, that of another source whose
        incremental form says the same.
        """
        if build.compiled is not None or build.ran is None:
            return build.compiled
        from asof.features.fingerprints.view_meaning import own_meaning  # noqa: PLC0415  # brings sqlglot
        from asof.features.lineage.query import dialect_of  # noqa: PLC0415

        dialect = dialect_of(self._adapter)
        own = own_meaning(build.ran, dialect)
        others = {
            other.ran.sql_sha256: other
            for other in self._builds.get(build.ran.model, ())
            if other.compiled is not None and other.ran is not None and other.ran.form == "incremental"
        }
        return next(
            (other.compiled for other in others.values() if other.ran and own_meaning(other.ran, dialect) == own), None
        )

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
        """The models that are called `base`, and the versions of it, as dbt selects them: those that dbt has built first, of these the
        last built one, then those that a rollback has built.
        """
        newest = {model.split(".", maxsplit=2)[2]: builds[-1] for model, builds in self._builds.items()}
        found = [name for name in newest if name_and_version(name)[0] == base]
        latest_first = sorted(found, key=lambda name: newest[name].built_at, reverse=True)
        return sorted(latest_first, key=lambda name: newest[name].is_rebuilt)

    def has(self, model: str) -> bool:
        return model in self._builds

    def built_from(self, view: str) -> BuiltFrom:
        """The SQL that a view is made of, as of its last build.

        A table is made of what its parents were when it was built, and a dbt view of what they are when it is read.
        """
        texts: dict[str, dict[str, tuple[datetime, ModelSQL]]] = {}
        unknown: dict[str, None] = {}
        seen: set[tuple[str, datetime | None]] = set()
        waiting: list[tuple[str, datetime | None]] = [(view, None)]
        while waiting:
            model, moment = waiting.pop()
            if (model, moment) in seen:
                continue
            seen.add((model, moment))
            build = self._last(model, moment)
            text = self._full(build) if build else None
            if build is None or text is None:
                unknown[model] = None
                continue
            texts.setdefault(model, {})[text.sql_sha256] = (build.built_at, text)
            then = moment if build.materialized in _PASSED_ON else build.built_at
            waiting += [(parent, then) for parent in text.reads if not parent.startswith("source.")]
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


def read_record(warehouse: Warehouse, registry_schema: str, target: Target) -> Record:
    """The record of a target; empty where the package that built it was older."""
    rows = _rows(warehouse, registry_schema, "model_builds", "target = ? and sql_sha256 is not null", [target.name])
    if not rows or not warehouse.has_table(registry_schema, "compiled_models"):
        return Record({}, target.adapter)
    texts = compiled_in(warehouse, registry_schema)
    full = {(text.model, text.source_hash): text for text in texts.values() if text.form != "incremental"}
    for row in rows:  # one text may come from several sources, of which it has the first
        text = texts.get((row["model"], row["sql_sha256"]))
        if text is not None and text.form != "incremental":
            full.setdefault((text.model, row["source_hash"]), text)
    found: dict[str, list[RecordedBuild]] = {}
    for row in rows:
        ran = texts.get((row["model"], row["sql_sha256"]))
        compiled = ran
        if ran is not None and ran.form == "incremental":
            sources = (row["source_hash"], ran.source_hash)
            compiled = next((full[ran.model, source] for source in sources if (ran.model, source) in full), None)
        found.setdefault(row["model"], []).append(
            RecordedBuild(
                row["built_at"],
                row["source_hash"],
                row["materialized"],
                row["relation"],
                row["seconds"],
                row["is_rebuilt"],
                ran,
                compiled,
            )
        )
    return Record(found, target.adapter)


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
            "select model, built_at, source_hash, sql_sha256, materialized, relation, seconds, "
            f"starts_with(invocation_id, ?) as is_rebuilt from {warehouse.qualified(registry_schema, table)} "
            f"where {condition} order by built_at, invocation_id",
            [REBUILT, *parameters],
        )
    )

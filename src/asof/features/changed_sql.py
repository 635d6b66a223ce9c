"""Whether the rows of a feature view, and of all that it is made of, were built under one SQL.

The dbt package records, with each build of an incremental model or snapshot, hashes of its source and of everything above it
(`macros/builds/sql_of_models.sql`). A table holds the rows of all builds since its last full one. Two sources whose SQL means the
same count as one.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from asof.dbt_files.graph import Graph
from asof.dbt_files.profiles import Target
from asof.errors import NotBuiltError
from asof.features.record import Record, read_record
from asof.features.view_meta import ViewMeta
from asof.warehouse.connection import Warehouse


@dataclass(frozen=True)
class ModelBuild:
    """One build of a model that keeps the rows of earlier builds. `sources` has a hash for it and each model above it."""

    built_at: datetime
    is_full: bool
    sources: Mapping[str, str]


Builds = Mapping[str, Sequence[ModelBuild]]  # of each model, in the order of time


def changed_models(view: str, parents: Mapping[str, Sequence[str]], builds: Builds) -> dict[str, list[str]]:
    """The tables that hold rows of more than one SQL, or did when rows that are still there were built from them, each with
    the models whose SQL changed between them. `parents` has the models that each is made of.
    """
    found: dict[str, list[str]] = {}
    waiting: list[tuple[str, datetime | None]] = [(view, None)]
    seen = set()
    while waiting:
        model, until = waiting.pop()
        if (model, until) in seen:
            continue
        seen.add((model, until))
        held = _held(builds.get(model, ()), until)
        changed = _changed(held)
        if changed:
            found[model] = sorted({*found.get(model, []), *changed})
        # a model without recorded builds keeps no rows: it is as its parents are at that moment
        moments: list[datetime | None] = [until]
        if model in builds:
            moments = [build.built_at for build in held]
        waiting += [(parent, moment) for parent in parents.get(model, ()) for moment in moments]
    return found


def _held(builds: Sequence[ModelBuild], until: datetime | None) -> Sequence[ModelBuild]:
    """The builds whose rows a table held at a moment: those since its last full one."""
    by_then = [build for build in builds if until is None or build.built_at <= until]
    full = [place for place, build in enumerate(by_then) if build.is_full]
    return by_then[full[-1] :] if full else by_then


def _changed(builds: Sequence[ModelBuild]) -> list[str]:
    """The models that did not have one source in all of these builds; one that came or went has changed what is below it."""
    models = {model for build in builds for model in build.sources}
    return [model for model in models if len({build.sources.get(model) for build in builds}) > 1]


def require_one_sql(
    warehouse: Warehouse, registry_schema: str, view: ViewMeta, target: Target, graph: Callable[[], Graph]
) -> None:
    """Raises NotBuiltError where a table that a view is made of, or the view itself, holds rows of SQL of more than one meaning.

    `graph` is dbt's own, for a warehouse that an older package has built.
    """
    if not warehouse.has_table(registry_schema, "model_builds"):
        return
    rows = warehouse.rows(
        f"select model, built_at, is_full, sources from {warehouse.qualified(registry_schema, 'model_builds')} "
        "where target = ? and sources is not null order by built_at",
        [target.name],
    )
    builds: dict[str, list[ModelBuild]] = {}
    for row in rows:
        build = ModelBuild(row["built_at"], row["is_full"], json.loads(row["sources"]))
        own = builds.setdefault(row["model"], [])
        if len(own) > 1 and not own[-1].is_full and own[-2].sources == own[-1].sources == build.sources:
            own.pop()  # of a long row of equal builds the first and the last say it all
        own.append(build)
    record = read_record(warehouse, registry_schema, target)
    parents = record.parents() if record.has(view.id) else _parents_in(graph())
    if not changed_models(view.id, parents, builds):
        return
    found = changed_models(view.id, parents, _by_meaning(builds, record, target.adapter))
    if not found:
        return
    table = min(found, key=lambda name: len(_above(name, parents)))  # all others are made of it
    changed = sorted({_name(model) for models in found.values() for model in models})
    snapshots = sorted(_name(model) for model in found if model.startswith("snapshot."))
    accepted = (
        f"; dbt cannot build a snapshot again: if its older rows are still right, accept them once with --vars "
        f"'{{asof_accept_sql: [{', '.join(snapshots)}]}}'"
        if snapshots
        else ""
    )
    raise NotBuiltError(
        f"feature view {view.name}: {_name(table)} has rows from before and after a change of the SQL of {', '.join(changed)}; "
        f"build the view and all models above it in full: {view.build_command} --full-refresh{accepted}"
    )


def _parents_in(graph: Graph) -> dict[str, tuple[str, ...]]:
    kinds = {"model", "snapshot"}
    return {
        node.id: tuple(parent.id for parent in graph.parents(node) if parent.kind in kinds)
        for node in graph.nodes.values()
        if node.kind in kinds
    }


def _by_meaning(builds: Builds, record: Record, adapter: str) -> Builds:
    """The builds with each hash of a source replaced by what its SQL means, where that is on record."""
    from asof.features.fingerprints.view_meaning import own_meaning  # noqa: PLC0415  # brings sqlglot
    from asof.features.lineage.query import dialect_of  # noqa: PLC0415

    dialect = dialect_of(adapter)

    @cache
    def meaning(model: str, source_hash: str) -> str:
        text = record.text(model, source_hash)
        return source_hash if text is None else own_meaning(text, dialect)

    return {
        name: [
            replace(build, sources={model: meaning(model, source) for model, source in build.sources.items()})
            for build in held
        ]
        for name, held in builds.items()
    }


def _above(model: str, parents: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [model]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def _name(unique_id: str) -> str:
    return unique_id.rsplit(".", maxsplit=1)[-1]

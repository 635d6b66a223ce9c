"""What the columns of a feature view mean, by the compiled models that it is made of, and where a change of meaning began."""

import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from asof.dbt_files.graph import Graph, Node, NodeKind
from asof.features.fingerprints.compiled import ModelSQL, name_of
from asof.features.fingerprints.meaning import Meaning
from asof.features.fingerprints.portable import head_of
from asof.features.lineage.ancestry import Ancestry
from asof.features.lineage.query import ROWS


@dataclass(frozen=True)
class ViewMeaning:
    """What the columns of a feature view mean. `by_text` names the models whose SQL could not be followed: they count as a whole."""

    fingerprints: Mapping[str, str]
    by_text: tuple[str, ...]


P = ParamSpec("P")
R = TypeVar("R")
_STACK = 512 << 20  # bytes, of which only those in use count
_DEPTH = 100_000


def _deep(function: Callable[P, R]) -> Callable[P, R]:
    """Runs a function on a stack of its own: a canonical form follows chains of CTEs and long sums by recursion."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if threading.current_thread().name == __name__:
            return function(*args, **kwargs)
        limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK)
        try:
            sys.setrecursionlimit(max(limit, _DEPTH))
            with ThreadPoolExecutor(max_workers=1, initializer=_named) as deep:
                return deep.submit(function, *args, **kwargs).result()
        finally:
            threading.stack_size(size)
            sys.setrecursionlimit(limit)

    return run


def _named() -> None:
    threading.current_thread().name = __name__


def graph_of(models: Iterable[ModelSQL]) -> Graph:
    """The relations of compiled models, and the sources that they read. Each is called by its unique id and its table's name."""
    models = list(models)
    tables = {id_: table for model in models for id_, table in model.reads.items()}
    nodes = [_node(model, tables) for model in models]
    known = {node.id for node in nodes}
    sources = [
        Node(id_, id_.split(".")[-1], "source", ("", id_, table)) for id_, table in tables.items() if id_ not in known
    ]
    return Graph([*nodes, *sources])


def _node(model: ModelSQL, tables: Mapping[str, str]) -> Node:
    return Node(
        id=model.model,
        name=model.name,
        kind=cast("NodeKind", model.model.split(".")[0]),
        relation=("", model.model, tables.get(model.model, model.name)),
        parents=tuple(model.reads),
        sql=None if model.form in {"text", "seed"} else model.sql,
        config=head_of(model.sql or ""),
        written=model.sql or "" if model.form == "text" else "",
        checksum=model.sql_sha256 if model.form == "seed" else "",
    )


@_deep
def view_meaning(models: Mapping[str, ModelSQL], view: str, columns: Iterable[str], dialect: str) -> ViewMeaning:
    """What columns of a view mean, which its id names among the models that it is made of.

    The columns of sources are not asked for: the answer depends on nothing but the SQL.
    """
    graph = graph_of(models.values())
    ancestry = Ancestry(graph, dialect, lambda _: ())
    meaning, top = Meaning(ancestry), graph.nodes[view]
    fingerprints = {column: meaning.fingerprint(top, column) for column in columns}
    unread = [
        node.name for node in graph.nodes.values() if node.kind in {"model", "snapshot"} and not ancestry.reads(node)
    ]
    return ViewMeaning(fingerprints, tuple(sorted(unread)))


@_deep
def columns_of(models: Mapping[str, ModelSQL], view: str, dialect: str) -> list[str]:
    """The columns of a view, as far as its SQL names them."""
    graph = graph_of(models.values())
    return [name for name in Ancestry(graph, dialect, lambda _: ()).columns(graph.nodes[view]) if name != "*"]


@_deep
def own_meaning(model: ModelSQL, dialect: str) -> str:
    """What a model makes of what it reads, whatever that means: equal for two texts that say the same."""
    graph = graph_of([model])
    ancestry = Ancestry(graph, dialect, lambda _: ())
    top = graph.nodes[model.model]
    return Meaning(ancestry).relation(top)


@_deep
def where_it_began(before: Mapping[str, ModelSQL], after: Mapping[str, ModelSQL], dialect: str) -> tuple[str, ...]:
    """The models that came, went, or make something else of what they read, by unique id; others only read what those changed."""

    def own(models: Mapping[str, ModelSQL], model: str) -> str | None:
        return own_meaning(models[model], dialect) if model in models else None

    same = {model for model in before if model in after and before[model].sql_sha256 == after[model].sql_sha256}
    return tuple(model for model in sorted({*before, *after} - same) if own(before, model) != own(after, model))


@_deep
def columns_made_of(
    models: Mapping[str, ModelSQL], view: str, columns: Iterable[str], names: Collection[str], dialect: str
) -> set[str]:
    """The columns of a view whose values come through one of some models, by name."""
    graph = graph_of(models.values())
    ancestry = Ancestry(graph, dialect, lambda _: ())
    wanted = {model for model in models if name_of(model) in names}
    return {column for column in columns if wanted & ancestry.trail(graph.nodes[view], column).node_ids()}


@_deep
def lineage_of(
    models: Mapping[str, ModelSQL], view: str, columns: Iterable[str], dialect: str
) -> dict[str, set[tuple[str, str]]]:
    """What each column of a view comes from: the columns of all nodes above, and those that decide which rows these have.

    Groups that stand beside a column are no part of its lineage, though the view joins them.
    """
    graph = graph_of(models.values())
    ancestry = Ancestry(graph, dialect, lambda _: ())
    top = graph.nodes[view]

    def above(column: str) -> set[tuple[str, str]]:
        found = set(ancestry.trail(top, column).columns)
        for model in {model for model, _ in found} - {view}:
            found |= set(ancestry.trail(graph.nodes[model], ROWS).columns)
            if not ancestry.reads(graph.nodes[model]):  # what cannot be followed may come from all that it reads
                found |= {(parent.id, ROWS) for parent in graph.ancestors(graph.nodes[model])}
        return found

    return {column: above(column) for column in columns}

"""Compiled models, from the warehouse's record or from a project that dbt has compiled, and what the columns of a view in them mean."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from asof.dbt_files.graph import Graph, Node, NodeKind
from asof.features.fingerprints.meaning import Meaning
from asof.features.fingerprints.portable import portable_sql, portable_text, relations_in, snapshot_config
from asof.features.lineage.ancestry import Ancestry

Form = Literal["full", "incremental", "text", "seed"]


@dataclass(frozen=True)
class CompiledModel:
    """One text of a dbt model, snapshot or seed; a row of `ml.compiled_models`. `sql` is portable, and None for a seed."""

    model: str
    sql_sha256: str
    form: Form
    sql: str | None
    source_hash: str = ""

    @property
    def name(self) -> str:
        return self.model.split(".")[2]

    @property
    def reads(self) -> dict[str, str]:
        """The relations that it reads: the name of each table by its unique id."""
        found = relations_in(self.sql or "")
        found.pop(self.model, None)
        return found


@dataclass(frozen=True)
class ViewMeaning:
    """What the columns of a feature view mean. `by_text` names the models whose SQL could not be followed: they count as a whole."""

    fingerprints: Mapping[str, str]
    by_text: tuple[str, ...]


def compiled_models(graph: Graph, view: Node, now: datetime) -> dict[str, CompiledModel]:
    """The models, snapshots and seeds that a view is made of, as dbt has compiled them at `now`, by unique id."""
    found = {}
    for node in graph.ancestors(view):
        if node.kind == "seed":
            found[node.id] = CompiledModel(node.id, node.checksum, "seed", None)
        elif node.kind != "source" and node.config.get("materialized") != "ephemeral":
            in_batches = node.config.get("incremental_strategy") == "microbatch"
            form: Form = "text" if node.sql is None or in_batches else "full"
            sql = portable_text(node) if form == "text" else portable_sql(node, graph, now)
            found[node.id] = CompiledModel(node.id, hashlib.sha256(sql.encode()).hexdigest(), form, sql)
    return found


def graph_of(models: Iterable[CompiledModel]) -> Graph:
    """The relations of compiled models, and the sources that they read. Each is called by its unique id and its table's name."""
    models = list(models)
    tables = {id_: table for model in models for id_, table in model.reads.items()}
    nodes = [_node(model, tables) for model in models]
    known = {node.id for node in nodes}
    sources = [
        Node(id_, id_.split(".")[-1], "source", ("", id_, table)) for id_, table in tables.items() if id_ not in known
    ]
    return Graph([*nodes, *sources])


def _node(model: CompiledModel, tables: Mapping[str, str]) -> Node:
    return Node(
        id=model.model,
        name=model.name,
        kind=cast("NodeKind", model.model.split(".")[0]),
        relation=("", model.model, tables.get(model.model, model.name)),
        parents=tuple(model.reads),
        sql=None if model.form in {"text", "seed"} else model.sql,
        config=snapshot_config(model.sql or ""),
        written=model.sql or "" if model.form == "text" else "",
        checksum=model.sql_sha256 if model.form == "seed" else "",
    )


def view_meaning(models: Mapping[str, CompiledModel], view: str, columns: Iterable[str], dialect: str) -> ViewMeaning:
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

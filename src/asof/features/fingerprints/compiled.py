"""Compiled models, as the warehouse's record has them, or of a project that dbt has compiled."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from asof.dbt_files.graph import Graph, Node
from asof.features.fingerprints.portable import portable_sql, portable_text, relations_in

Form = Literal["full", "incremental", "text", "seed"]


def name_of(model: str) -> str:
    """The name of a node in a message, by its unique id; a version of a model is `orders.v2`."""
    return ".".join(model.split(".")[2:])


@dataclass(frozen=True)
class ModelSQL:
    """One text of a dbt model, snapshot or seed; a row of `ml.compiled_models`. `sql` is portable, and None for a seed."""

    model: str
    sql_sha256: str
    form: Form
    sql: str | None
    source_hash: str = ""

    @classmethod
    def of_sql(cls, model: str, sql: str, form: Form = "full") -> Self:
        """A text with its hash."""
        return cls(model, hashlib.sha256(sql.encode()).hexdigest(), form, sql)

    @property
    def name(self) -> str:
        return name_of(self.model)

    @property
    def reads(self) -> dict[str, str]:
        """The relations that it reads: the name of each table by its unique id."""
        found = relations_in(self.sql or "")
        found.pop(self.model, None)
        return found


def compiled_models(graph: Graph, view: Node, now: datetime) -> dict[str, ModelSQL]:
    """The models, snapshots and seeds that a view is made of, as dbt has compiled them at `now`, by unique id."""
    found = {}
    for node in graph.ancestors(view):
        if node.kind == "seed":
            found[node.id] = ModelSQL(node.id, node.checksum, "seed", None)
        elif node.kind != "source" and node.config.get("materialized") != "ephemeral":
            in_batches = node.config.get("incremental_strategy") == "microbatch"
            form: Form = "text" if node.sql is None or in_batches else "full"
            sql = portable_text(node) if form == "text" else portable_sql(node, graph, now)
            found[node.id] = ModelSQL.of_sql(node.id, sql, form)
    return found

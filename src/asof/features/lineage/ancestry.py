"""Lineage across models: everything that a column of a relation comes from, back to the sources."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from asof.dbt_files.graph import Graph, Node
from asof.errors import ProjectError
from asof.features.lineage.query import ROWS, Query, QueryStep, Trace

SNAPSHOT_COLUMNS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted")
Column = tuple[str, str]  # node id, column name in lower case


@dataclass(frozen=True)
class Place:
    """A step, and the node in whose SQL it stands."""

    node: Node
    step: QueryStep


@dataclass
class Trail:
    """All columns that a column comes from, itself among them, and the places on the way, the nearest first."""

    columns: dict[Column, None]
    places: dict[tuple[int, int], Place]
    lost: dict[Column, None] = field(default_factory=dict)  # what could not be followed, and in which node

    @classmethod
    def empty(cls) -> "Trail":
        return cls({}, {})

    def add(self, other: "Trail") -> None:
        self.columns.update(other.columns)
        self.places.update(other.places)
        self.lost.update(other.lost)

    def sources(self, graph: Graph) -> set[Column]:
        """Those of its columns that no SQL of the project makes."""
        return {(id_, name) for id_, name in self.columns if graph.nodes[id_].sql is None and name != ROWS}

    def node_ids(self) -> set[str]:
        return {id_ for id_, _ in self.columns}


class Ancestry:
    """Answers where columns come from. `columns_of` says what columns a relation without SQL has."""

    def __init__(self, graph: Graph, dialect: str, columns_of: Callable[[Node], Iterable[str]]) -> None:
        self.graph = graph
        self._dialect = dialect
        self._columns_of = columns_of
        self._queries: dict[str, Query] = {}
        self._columns: dict[str, list[str]] = {}
        self._trails: dict[tuple[str, str, bool], Trail] = {}
        self._unreadable: dict[str, str] = {}

    def reads(self, node: Node) -> bool:
        """Whether a node has SQL that can be followed; a Python model has none, and some SQL sqlglot cannot read."""
        if node.sql is None or node.id in self._unreadable:
            return False
        try:
            self.query(node)
        except ProjectError as error:
            self._unreadable[node.id] = str(error)
        return node.id not in self._unreadable

    def columns(self, node: Node) -> list[str]:
        """The columns of a relation, in lower case."""
        if node.id not in self._columns:
            if not self.reads(node):
                found = [name.lower() for name in self._columns_of(node)]
            else:
                found = self.query(node).outputs
                if node.kind == "snapshot":
                    found = [*found, *(node.snapshot_column(name).lower() for name in SNAPSHOT_COLUMNS)]
            self._columns[node.id] = found
        return self._columns[node.id]

    def query(self, node: Node) -> Query:
        """The query of a node that has SQL. Raises ProjectError when it cannot be read."""
        if node.id not in self._queries:
            schema: dict[str, Any] = {}
            # of an ephemeral parent dbt puts the SQL into the query, so that it names the parent's parents
            for parent in self.graph.ancestors(node)[:-1]:
                database, schema_name, table = parent.relation
                columns = dict.fromkeys(self.columns(parent), "unknown")
                if columns and "*" not in columns:
                    of_database = schema.setdefault(database, {}) if database else schema
                    of_database.setdefault(schema_name, {})[table] = columns
            self._queries[node.id] = Query(node.sql or "", self._dialect, schema, node.name)
        return self._queries[node.id]

    def trail(self, node: Node, column: str, *, bare: bool = False) -> Trail:
        """Everything that a column's values come from; with `ROWS`, what decides which rows there are. `bare` leaves out the
        columns that windows are partitioned or ordered by.
        """
        own = (node.id, column.lower())
        key = (*own, bare)
        if key not in self._trails:
            self._trails[key] = Trail({own: None}, {})
            self._trails[key] = self._follow(node, column.lower(), bare=bare)
        return self._trails[key]

    def whole(self, node: Node, column: str) -> Trail:
        """A column's values and its rows together."""
        found = Trail.empty()
        found.add(self.trail(node, column))
        found.add(self.trail(node, ROWS))
        return found

    def at(self, place: Place, expression: Any) -> Trail:
        """Everything that an expression comes from, seen from a place."""
        trace = self.query(place.node).value(expression, place.step.scope)
        return self._onwards(place.node, trace, bare=False)

    def _follow(self, node: Node, column: str, *, bare: bool) -> Trail:
        found = Trail({(node.id, column): None}, {})
        if column != ROWS and column not in self.columns(node):
            found.lost[node.id, column] = None
            return found
        if not self.reads(node):
            if node.id in self._unreadable:
                found.lost[node.id, self._unreadable[node.id]] = None
            return found
        if node.kind == "snapshot" and column in {node.snapshot_column(name).lower() for name in SNAPSHOT_COLUMNS}:
            updated_at = node.config.get("updated_at")
            if node.config.get("strategy") != "timestamp" or not updated_at:
                return found  # the time of dbt's own run
            column = str(updated_at).lower()
        trace = self.query(node).trace(column, bare=bare)
        found.add(self._onwards(node, trace, bare=bare))
        return found

    def _onwards(self, node: Node, trace: Trace, *, bare: bool) -> Trail:
        places = {key: Place(node, step) for key, step in trace.steps.items()}
        found = Trail({}, places, {(node.id, column): None for column in trace.lost})
        for relation, column in trace.inputs:
            parent = self.graph.find(*relation)
            if parent is not None:
                found.add(self.trail(parent, column, bare=bare))
            elif column != ROWS:
                found.lost[node.id, f"{'.'.join(part for part in relation if part)}.{column}"] = None
        return found

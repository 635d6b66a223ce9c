"""What the parts of `Meaning` ask of each other: each follows SQL in a part of a query, and needs the others for the rest."""

from abc import ABC, abstractmethod
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from asof.dbt_files.graph import Node
from asof.features.lineage.ancestry import Ancestry


class Following(ABC):
    """What is known of one graph so far. Every answer is a hash."""

    def __init__(self, ancestry: Ancestry) -> None:
        self._ancestry = ancestry
        self._known: dict[tuple[object, ...], str] = {}
        self._marks: dict[int, dict[str, str]] = {}
        self._expanding: set[tuple[int, str]] = set()

    @abstractmethod
    def relation(self, node: Node) -> str:
        """A relation with all of its columns."""

    @abstractmethod
    def value(self, node: Node, column: str) -> str:
        """The values of a column of a relation."""

    @abstractmethod
    def rows(self, node: Node) -> str:
        """Which rows a relation has."""

    @abstractmethod
    def _rows(self, scope: Scope) -> str:
        """Which rows a query has."""

    @abstractmethod
    def _value(self, scope: Scope, column: str) -> str:
        """The values of a column of a query."""

    @abstractmethod
    def _written(self, expression: exp.Expression, scope: Scope) -> str:
        """An expression in canonical form, in which each column is what it means."""

    @abstractmethod
    def _resolved(self, node: exp.Expression, scope: Scope, *, joining: str = "") -> str | None:
        """What a node of an expression stands for; None for one that is to be written as it is."""

    @abstractmethod
    def _joined(self, join: exp.Join, scope: Scope) -> str:
        """How a source is joined, and which rows it has."""

    @abstractmethod
    def _instance(self, name: str, scope: Scope) -> str:
        """Which of several equal sources a name is."""

    @abstractmethod
    def _node(self, table: exp.Table) -> Node | None:
        """The node behind a table; None where it is no relation of the graph."""

    @abstractmethod
    def _everything(self, source: Any) -> str:
        """All that a source of a query is."""

    @abstractmethod
    def _all_of_scope(self, scope: Scope) -> list[str]:
        """All sources of a query, with everything."""

    @abstractmethod
    def _all_sources(self, column: str, scope: Scope, named: str = "") -> list[str]:
        """What a column is of each source that may have it."""

    @abstractmethod
    def _from_source(self, alias: str, source: Any, column: str, scope: Scope, *, joining: str = "") -> str:
        """A column of one of a query's sources."""

    @abstractmethod
    def _of_function(self, table: exp.Table, scope: Scope) -> str:
        """A table function with what it is given."""

"""What a query takes from its sources: a column, all of them, or those that a `*` over unknown columns may stand for."""

from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from asof.dbt_files.graph import Node
from asof.features.fingerprints.canonical import digest
from asof.features.fingerprints.following import Following
from asof.features.fingerprints.forms import as_text, column_names
from asof.features.fingerprints.single_rows import join_that_finds
from asof.features.lineage.query import ROWS


class SourcesOfScopes(Following):
    """The part of `Meaning` for the sources of a query."""

    def _everything(self, source: Any) -> str:
        """All that a source of a query is: its rows, and each of its columns."""
        if isinstance(source, Scope):
            names = sorted({name.lower() for name in source.expression.named_selects})
            return digest(self._rows(source), *(f"{name} {self._value(source, name)}" for name in names))
        node = self._node(source)
        return self.relation(node) if node is not None else digest("unknown", as_text(source))

    def _all_of_scope(self, scope: Scope) -> list[str]:
        return sorted(self._everything(source) for _, source in scope.selected_sources.values())

    def _all_sources(self, column: str, scope: Scope, named: str = "") -> list[str]:
        """What a column is of each source of a scope that may have it, or of the one that is named."""
        values = []
        for alias, (_, source) in scope.selected_sources.items():
            if named in {"", alias} and self._may_have(source, column):
                values.append(self._from_source(alias, source, column, scope))
        return values

    def _may_have(self, source: Any, column: str) -> bool:
        if isinstance(source, Scope):
            names = [name.lower() for name in source.expression.named_selects]
        else:
            node = self._node(source)
            names = self._ancestry.columns(node) if node is not None else []
        return not names or ROWS in names or column in names

    def _from_source(self, alias: str, source: Any, column: str, scope: Scope, *, joining: str = "") -> str:
        """A column of one of a scope's sources, and how a join found the row that it is of."""
        value = f"{self._of_source(source, column, scope)}{self._instance(alias, scope)}"
        found = join_that_finds(alias, scope) if alias != joining else None
        return value if found is None else digest(value, self._joined(found, scope))

    def _of_source(self, source: Any, column: str, scope: Scope) -> str:
        if isinstance(source, Scope):
            called = column_names(source.expression.parent)
            if column not in called:
                return self._value(source, column)
            own = [name.lower() for name in source.expression.named_selects]
            if ROWS in own or len(own) < len(called):
                return digest("by place", str(called.index(column)), self._everything(source))
            return self._value(source, own[called.index(column)])
        called = column_names(source)
        place = str(called.index(column)) if column in called else column
        node = self._node(source)
        if node is None:
            return digest("function", self._of_function(source, scope), place)
        return self.value(node, column) if place == column else digest("by place", place, self.relation(node))

    def _of_function(self, table: exp.Table, scope: Scope) -> str:
        """A table function with what it is given, or a table that is no node of the project."""
        return self._written(table.this, scope) if isinstance(table.this, exp.Func) else as_text(table)

    def _node(self, table: exp.Table) -> Node | None:
        return self._ancestry.graph.find(table.catalog, table.db, table.name)

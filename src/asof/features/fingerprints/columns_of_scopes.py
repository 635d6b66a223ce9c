"""The values of a query's columns: what each expression computes of the columns that it reads."""

from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from asof.features.fingerprints.canonical import canonical, digest
from asof.features.fingerprints.following import Following
from asof.features.fingerprints.forms import looks_at_rows
from asof.features.lineage.query import ROWS, with_windows


class ColumnsOfScopes(Following):
    """The part of `Meaning` for columns and expressions."""

    def _value(self, scope: Scope, column: str) -> str:
        key = ("value", id(scope), column)
        if key not in self._known:
            self._known[key] = digest("itself")  # what a recursive query reads of itself
            self._known[key] = self._of_column(scope, column)
        return self._known[key]

    def _of_column(self, scope: Scope, column: str) -> str:
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            return self._of_set(scope, column)
        if not isinstance(expression, exp.Select):
            return digest("table function", column, self._written(expression, scope))
        for projection in expression.selects:
            if projection.alias_or_name.lower() == column:
                inner = with_windows(projection.unalias(), expression)
                text = self._written(inner, scope)
                # an aggregate or a window looks at other rows, too
                return digest(text, self._rows(scope)) if looks_at_rows(inner, expression) else text
        if column == ROWS:
            return digest("all columns", *(self._written(each, scope) for each in expression.selects))
        passed_on = [self._passed_on(star, column, scope) for star in expression.selects if star.is_star]
        values = [value for value in passed_on if value is not None]
        # of columns('a.*') and the like it is not known which columns they are
        values += [self._written(each, scope) for each in expression.selects if each.find(exp.Columns)]
        return values[0] if len(values) == 1 else digest("unknown", column, *values)

    def _of_set(self, scope: Scope, column: str) -> str:
        """A column of a UNION, INTERSECT or EXCEPT: by its place, or BY NAME. Where a branch does not say its columns, all of them."""
        expression = scope.expression
        names = [name.lower() for name in expression.named_selects]
        by_name = bool(expression.args.get("by_name"))
        values = []
        for branch in scope.union_scopes:
            own = [name.lower() for name in branch.expression.named_selects]
            if by_name:
                values.append(self._value(branch, column) if column in own or ROWS in own else "missing")
            elif column in names and ROWS not in own and ROWS not in names:
                values.append(self._value(branch, own[names.index(column)]))
            else:
                values.append(digest(column, self._everything(branch), branch.expression.sql(dialect="duckdb")))
        return digest(expression.key, *values)

    def _passed_on(self, star: exp.Expression, column: str, scope: Scope) -> str | None:
        """A column that a `*` over relations with unknown columns passes on; None where it does not."""
        inner = star.this if isinstance(star, exp.Column) else star
        for replaced in inner.args.get("replace") or ():
            if replaced.alias_or_name.lower() == column:
                return self._written(replaced, scope)
        left_out = inner.args.get("except_") or inner.args.get("except") or ()
        if column in {name.name.lower() for name in left_out}:
            return None
        if inner.args.get("rename"):
            return digest(star.sql(dialect="duckdb", comments=False).lower(), column, *self._all_sources(column, scope))
        named = star.table if isinstance(star, exp.Column) else ""
        found = self._all_sources(column, scope, named)
        return found[0] if len(found) == 1 else digest("one of", *found) if found else None

    def _column(self, column: exp.Column, scope: Scope, *, joining: str = "") -> str:
        """What a column of a scope is. Of a source that an ASOF join found a row in, also how it was found, but in the condition
        of that join itself.
        """
        name = column.name.lower()
        aliased = self._aliased(name, column, scope) if not column.table else []
        current: Any = scope
        while current is not None:
            source = current.sources.get(column.table)
            if source is not None:
                return self._from_source(column.table, source, name, current, joining=joining)
            candidates = aliased + ([] if column.table else self._all_sources(name, current))
            whole = current.selected_sources.get(column.name) if not column.table else None
            if whole is not None:  # a whole row of a source
                candidates = [*candidates, self._everything(whole[1])]
            if candidates:
                return candidates[0] if len(candidates) == 1 else digest("one of", *candidates)
            current = current.parent
        return digest("unresolved", column.sql(dialect="duckdb").lower())

    def _aliased(self, name: str, column: exp.Column, scope: Scope) -> list[str]:
        """What the SELECT itself calls by a name, where the column does not stand in that very expression."""
        key = (id(scope), name)
        selects = scope.expression.selects if isinstance(scope.expression, exp.Select) else ()
        found = [
            each.unalias() for each in selects if each.alias_or_name.lower() == name and each.unalias() is not column
        ]
        if not found or key in self._expanding:
            return []
        self._expanding.add(key)
        try:
            return [self._written(with_windows(found[0], scope.expression), scope)]
        finally:
            self._expanding.remove(key)

    def _resolved(self, node: exp.Expression, scope: Scope, *, joining: str = "") -> str | None:
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            return self._column(node, scope, joining=joining)
        is_counted = isinstance(node.parent, exp.Count)
        if isinstance(node, (exp.Columns, exp.TableColumn)) or (isinstance(node, exp.Star) and not is_counted):
            # stands for columns that the SQL does not name
            return digest(node.sql(dialect="duckdb", comments=False).lower(), *self._all_of_scope(scope))
        if isinstance(node, exp.Column):
            source = scope.sources.get(node.table)
            return (
                digest(node.this.sql(dialect="duckdb").lower(), self._everything(source))
                if source is not None
                else None
            )
        if isinstance(node, exp.Query):
            inner = next((each for each in scope.subquery_scopes if each.expression is node), None)
            if inner is not None:
                values = [self._value(inner, name.lower()) for name in node.named_selects]
                return digest("subquery", self._rows(inner), *values)
        return None

    def _written(self, expression: exp.Expression, scope: Scope) -> str:
        """The canonical form of an expression, in which each column is what it means."""
        return canonical(expression, lambda node: self._resolved(node, scope))

"""What a column of a dbt model means: a hash of the canonical form of all SQL that it depends on, back to the sources.

It is worked out through the scopes of each query, so that the names of CTEs and aliases, the order of columns and of CTEs,
and CTEs that nothing reads do not count. A value is what its expression is of the values that it reads; which rows there are
is what the FROM, joins, conditions, grouping, DISTINCT and LIMIT of a query say. An ASOF LEFT join, as a feature view has one
for each group, leaves the rows as they are: it counts for the columns of its own group alone, and so does every
join that finds at most one row. A model whose SQL cannot be followed counts by
its whole text.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from asof.dbt_files.graph import Node
from asof.features.fingerprints.canonical import canonical, digest
from asof.features.fingerprints.forms import (
    aggregates,
    as_text,
    group_key,
    looks_at_rows,
    text_of,
)
from asof.features.fingerprints.single_rows import finds_one_row, join_that_finds
from asof.features.lineage.ancestry import SNAPSHOT_COLUMNS, Ancestry
from asof.features.lineage.query import with_windows

_OF_A_NAME = {"this", "db", "catalog", "alias", "expressions"}
_SNAPSHOT_CONFIG = ("strategy", "unique_key", "updated_at", "check_cols", "hard_deletes", "dbt_valid_to_current")


class Meaning:
    """Answers what the columns of a graph mean, whose SQL is in the portable form of `portable.py`."""

    def __init__(self, ancestry: Ancestry) -> None:
        self._ancestry = ancestry
        self._known: dict[tuple[object, ...], str] = {}
        self._marks: dict[int, dict[str, str]] = {}
        self._expanding: set[tuple[int, str]] = set()

    def fingerprint(self, node: Node, column: str) -> str:
        """The fingerprint of a column: of its values and of the rows that they stand in. 64 hexadecimal digits."""
        return digest("column", self.value(node, column), self.rows(node))

    def relation(self, node: Node) -> str:
        """The fingerprint of a relation with all of its columns and their names, in any order."""
        columns = sorted(self._ancestry.columns(node))
        return digest("relation", self.rows(node), *(f"{column} {self.value(node, column)}" for column in columns))

    def value(self, node: Node, column: str) -> str:
        """What the values of a column are, whichever rows there are."""
        name = column.lower()
        if not self._ancestry.reads(node):
            return digest(self._whole_text(node), name)
        if node.kind == "snapshot" and name in {node.snapshot_column(each).lower() for each in SNAPSHOT_COLUMNS}:
            return digest("snapshot", name, self.rows(node))
        return self._value(self._ancestry.query(node).root, name)

    def rows(self, node: Node) -> str:
        """What decides which rows a relation has."""
        if not self._ancestry.reads(node):
            return self._whole_text(node)
        rows = self._rows(self._ancestry.query(node).root)
        if node.kind != "snapshot":
            return rows
        config = [f"{name}={node.config.get(name)!r}" for name in _SNAPSHOT_CONFIG]
        return digest("snapshot", rows, *config)

    def _whole_text(self, node: Node) -> str:
        """What a source, a seed or a model that cannot be followed is: its text, and all that it reads."""
        key = ("text", node.id)
        if key not in self._known:
            parents = [self.relation(parent) for parent in self._ancestry.graph.parents(node)]
            self._known[key] = digest("source", node.id, node.relation[2].lower(), text_of(node), *parents)
        return self._known[key]

    def _value(self, scope: Scope, column: str) -> str:
        key = ("value", id(scope), column)
        if key not in self._known:
            self._known[key] = digest("itself")  # what a recursive query reads of itself
            self._known[key] = self._of_column(scope, column)
        return self._known[key]

    def _of_column(self, scope: Scope, column: str) -> str:
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            names = [name.lower() for name in expression.named_selects]
            by_name = bool(expression.args.get("by_name"))
            values = []
            for branch in scope.union_scopes:
                own = [name.lower() for name in branch.expression.named_selects]
                if by_name:
                    values.append(self._value(branch, column) if column in own else "missing")
                elif column in names and "*" not in own:
                    values.append(self._value(branch, own[names.index(column)]))
                else:  # the columns of a branch are not known, nor their order
                    values.append(self._value(branch, column))
            return digest(expression.key, *values)
        if not isinstance(expression, exp.Select):
            return digest("table function", column, self._written(expression, scope))
        for projection in expression.selects:
            if projection.alias_or_name.lower() == column:
                inner = with_windows(projection.unalias(), expression)
                text = self._written(inner, scope)
                # an aggregate or a window looks at other rows, too
                return digest(text, self._rows(scope)) if looks_at_rows(inner, expression) else text
        passed_on = [self._passed_on(star, column, scope) for star in expression.selects if star.is_star]
        values = [value for value in passed_on if value is not None]
        return values[0] if len(values) == 1 else digest("unknown", column, *values)

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
        return not names or "*" in names or column in names

    def _rows(self, scope: Scope) -> str:
        key = ("rows", id(scope))
        if key not in self._known:
            self._known[key] = digest("itself")
            parts = list(self._deciding(scope))
            # a query that passes on the rows of one source is that source
            alone = len(parts) == 1 and parts[0].startswith("from ")
            self._known[key] = parts[0].removeprefix("from ") if alone else digest(*parts)
        return self._known[key]

    def _deciding(self, scope: Scope) -> Iterator[str]:
        """What decides which rows a scope has, part by part."""
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            yield f"{expression.key} distinct={bool(expression.args.get('distinct'))}"
            yield from (self._rows(branch) for branch in scope.union_scopes)
            if expression.args.get("distinct") or not isinstance(expression, exp.Union):
                yield from (self._value(scope, name.lower()) for name in expression.named_selects)
            return
        if not isinstance(expression, exp.Select):
            yield self._written(expression, scope)
            return
        yield from self._sources(expression, scope)
        for name in ("where", "having", "qualify"):
            clause = expression.args.get(name)
            if clause is not None:
                yield f"{name} {self._written(with_windows(clause.this, expression), scope)}"
        yield from self._grouping(expression, scope)
        for projection in expression.selects:  # a row for each of its elements
            yield from (
                f"elements {self._written(each, scope)}" for each in projection.find_all(exp.Explode, exp.Unnest)
            )
        yield from self._picking(expression, scope)

    def _picking(self, select: exp.Select, scope: Scope) -> Iterator[str]:
        """DISTINCT, LIMIT and the like, and the order by which they pick rows."""
        distinct = select.args.get("distinct")
        if distinct is not None:
            yield "distinct " + " ".join(self._value(scope, name.lower()) for name in select.named_selects)
            if distinct.args.get("on") is not None:
                yield "on " + self._written(distinct.args["on"], scope)
        limits = [select.args[name] for name in ("limit", "offset", "sample") if select.args.get(name)]
        for limit in limits:
            yield self._written(limit, scope)
        if (limits or distinct is not None) and select.args.get("order") is not None:
            yield self._written(select.args["order"], scope)

    def _sources(self, select: exp.Select, scope: Scope) -> Iterator[str]:
        """FROM and the joins, in their order, each with how it joins."""
        first = select.args.get("from_") or select.args.get("from")
        if first is not None:
            yield f"from {self._source(first.this, scope)}"
        for join in select.args.get("joins") or ():
            if not finds_one_row(join, scope):
                yield self._joined(join, scope)
        for lateral in select.args.get("laterals") or ():
            yield self._written(lateral, scope)

    def _joined(self, join: exp.Join, scope: Scope) -> str:
        """How a source is joined, and which rows it has."""
        words = (str(join.args.get(part) or "").lower() for part in ("method", "side", "kind"))
        how = " ".join(word for word in words if word not in {"", "inner", "outer"})
        on = join.args.get("on")

        def resolve(node: exp.Expression) -> str | None:
            return self._resolved(node, scope, in_join=True)

        conditions = [on] if on is not None else list(join.args.get("using") or ())
        found = sorted(canonical(each, resolve) for each in conditions)
        return f"join {how or 'inner'} {self._source(join.this, scope)} {' '.join(found)}"

    def _source(self, item: exp.Expression, scope: Scope) -> str:
        """The rows of an item of FROM, with what is done to it there, such as PIVOT or a sample."""
        done = [item.args[name] for name in sorted(set(item.args) - _OF_A_NAME) if item.args[name]]
        source = scope.sources.get(item.alias_or_name)
        if isinstance(source, Scope):
            rows = self._rows(source)
        elif isinstance(source, exp.Table):
            rows = self._of_table(source)
        else:
            return self._written(item, scope)
        each = (part for parts in done for part in (parts if isinstance(parts, list) else [parts]))
        written = [self._written(part, scope) for part in each if isinstance(part, exp.Expression)]
        return digest(rows, *written) if written else rows

    def _grouping(self, select: exp.Select, scope: Scope) -> Iterator[str]:
        group = select.args.get("group")
        if group is None:
            if any(aggregates(projection) for projection in select.selects):
                yield "one group"
            return
        if group.args.get("all"):
            keys = [projection.unalias() for projection in select.selects if not aggregates(projection)]
        else:
            keys = [group_key(key, select) for key in group.expressions]
        yield f"group {' '.join(sorted({self._written(key, scope) for key in keys}))}"
        for name in ("grouping_sets", "cube", "rollup"):
            if group.args.get(name):
                yield self._written(group, scope)

    def _of_table(self, table: exp.Table) -> str:
        node = self._node(table)
        return self.rows(node) if node is not None else digest("unknown", as_text(table))

    def _node(self, table: exp.Table) -> Node | None:
        return self._ancestry.graph.find(table.catalog, table.db, table.name)

    def _written(self, expression: exp.Expression, scope: Scope) -> str:
        """The canonical form of an expression, in which each column is what it means."""
        return canonical(expression, lambda node: self._resolved(node, scope))

    def _resolved(self, node: exp.Expression, scope: Scope, *, in_join: bool = False) -> str | None:
        if isinstance(node, exp.Column):
            return self._column(node, scope, in_join=in_join)
        if isinstance(node, exp.Query):
            inner = next((each for each in scope.subquery_scopes if each.expression is node), None)
            if inner is not None:
                values = [self._value(inner, name.lower()) for name in node.named_selects]
                return digest("subquery", self._rows(inner), *values)
        return None

    def _column(self, column: exp.Column, scope: Scope, *, in_join: bool = False) -> str:
        """What a column of a scope is. Of a source that an ASOF join found a row in, also how it was found, but in the condition
        of a join itself.
        """
        name = column.name.lower()
        aliased = self._aliased(name, column, scope) if not column.table else []
        current: Any = scope
        while current is not None:
            source = current.sources.get(column.table)
            if source is not None:
                return self._from_source(column.table, source, name, current, in_join=in_join)
            candidates = aliased + ([] if column.table else self._all_sources(name, current))
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

    def _from_source(self, alias: str, source: Any, column: str, scope: Scope, *, in_join: bool = False) -> str:
        """A column of one of a scope's sources, and how a join found the row that it is of."""
        value = f"{self._of_source(source, column)}{self._instance(alias, scope)}"
        found = None if in_join else join_that_finds(alias, scope)
        return value if found is None else digest(value, self._joined(found, scope))

    def _of_source(self, source: Any, column: str) -> str:
        if isinstance(source, Scope):
            return self._value(source, column)
        node = self._node(source)
        return self.value(node, column) if node is not None else digest("unknown", as_text(source), column)

    def _instance(self, name: str, scope: Scope) -> str:
        """Which of several equal sources a name is, by their order: a table that is joined to itself is two."""
        if id(scope) not in self._marks:
            counted: Counter[str] = Counter()
            marks = {}
            for alias, (_, source) in scope.selected_sources.items():
                rows = self._rows(source) if isinstance(source, Scope) else self._of_table(source)
                marks[alias] = f"#{counted[rows]}" if counted[rows] else ""
                counted[rows] += 1
            self._marks[id(scope)] = marks
        return self._marks[id(scope)].get(name, "")

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
    column_names,
    group_key,
    looks_at_rows,
    text_of,
)
from asof.features.fingerprints.single_rows import finds_one_row, join_that_finds
from asof.features.lineage.ancestry import SNAPSHOT_COLUMNS, Ancestry
from asof.features.lineage.query import GROUP_NAMES, ROWS, with_windows

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
        if node.config.get("hooks"):
            return digest("hooks", repr(node.config["hooks"]), self._value(self._ancestry.query(node).root, name))
        if node.kind == "snapshot" and name in {node.snapshot_column(each).lower() for each in SNAPSHOT_COLUMNS}:
            return digest("snapshot", name, self.rows(node))
        return self._value(self._ancestry.query(node).root, name)

    def rows(self, node: Node) -> str:
        """What decides which rows a relation has."""
        if not self._ancestry.reads(node):
            return self._whole_text(node)
        rows = self._rows(self._ancestry.query(node).root)
        if node.config.get("hooks"):
            rows = digest("hooks", repr(node.config["hooks"]), rows)
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

    def _everything(self, source: Any) -> str:
        """All that a source of a query is: its rows, and each of its columns."""
        if isinstance(source, Scope):
            names = sorted({name.lower() for name in source.expression.named_selects})
            return digest(self._rows(source), *(f"{name} {self._value(source, name)}" for name in names))
        node = self._node(source)
        return self.relation(node) if node is not None else digest("unknown", as_text(source))

    def _all_of_scope(self, scope: Scope) -> list[str]:
        return sorted(self._everything(source) for _, source in scope.selected_sources.values())

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
        return not names or ROWS in names or column in names

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
            yield from self._picking(expression, scope)
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

    def _picking(self, query: exp.Query, scope: Scope) -> Iterator[str]:
        """DISTINCT, LIMIT and the like, and the order by which they pick rows. The order of a query within another one counts, too:
        list(...) and row_number() over () look at it.
        """
        distinct = query.args.get("distinct")
        if isinstance(distinct, exp.Distinct):
            yield "distinct " + " ".join(self._value(scope, name.lower()) for name in query.named_selects)
            if distinct.args.get("on") is not None:
                yield "on " + self._written(distinct.args["on"], scope)
        limits = [query.args[name] for name in ("limit", "offset", "sample") if query.args.get(name)]
        for limit in limits:
            yield self._written(limit, scope)
        picks = bool(limits) or isinstance(distinct, exp.Distinct) or scope.parent is not None
        if picks and query.args.get("order") is not None:
            yield self._written(query.args["order"], scope)

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
            return self._resolved(node, scope, joining=join.alias_or_name)

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
            rows = self._of_table(source, scope)
        else:
            return self._written(item, scope)
        if any(
            isinstance(part, exp.Pivot) for parts in done for part in (parts if isinstance(parts, list) else [parts])
        ):
            rows = digest(rows, self._everything(source))  # it groups by all columns that it does not name
        each = (part for parts in done for part in (parts if isinstance(parts, list) else [parts]))
        written = [self._written(part, scope) for part in each if isinstance(part, exp.Expression)]
        return digest(rows, *written) if written else rows

    def _grouping(self, select: exp.Select, scope: Scope) -> Iterator[str]:
        group = select.args.get("group")
        if group is None:
            if any(aggregates(projection) for projection in select.selects):
                yield "one group"
            return
        others: list[str] = []
        if group.args.get("all"):
            keys = [projection.unalias() for projection in select.selects if not aggregates(projection)]
        else:
            keys = [group_key(key, select) for key in group.expressions]
            # a name that may also be a column of a source, whose columns are not known
            names = {each.alias_or_name.lower(): each.unalias() for each in select.selects}
            bare = [name for name in select.meta.get(GROUP_NAMES, ()) if not _is_column(names.get(name), name)]
            others = [value for name in bare for value in self._all_sources(name, scope)]
        yield f"group {' '.join(sorted({*(self._written(key, scope) for key in keys), *others}))}"
        for name in ("grouping_sets", "cube", "rollup"):
            if group.args.get(name):
                yield self._written(group, scope)

    def _of_table(self, table: exp.Table, scope: Scope) -> str:
        node = self._node(table)
        return self.rows(node) if node is not None else digest("unknown", self._of_function(table, scope))

    def _plain(self, table: exp.Table) -> str:
        """A table as one of several equal sources: a function is so by its text alone."""
        node = self._node(table)
        return self.rows(node) if node is not None else as_text(table)

    def _node(self, table: exp.Table) -> Node | None:
        return self._ancestry.graph.find(table.catalog, table.db, table.name)

    def _written(self, expression: exp.Expression, scope: Scope) -> str:
        """The canonical form of an expression, in which each column is what it means."""
        return canonical(expression, lambda node: self._resolved(node, scope))

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

    def _instance(self, name: str, scope: Scope) -> str:
        """Which of several equal sources a name is, by their order: a table that is joined to itself is two."""
        if id(scope) not in self._marks:
            counted: Counter[str] = Counter()
            marks = {}
            for alias, (_, source) in scope.selected_sources.items():
                rows = self._rows(source) if isinstance(source, Scope) else self._plain(source)
                marks[alias] = f"#{counted[rows]}" if counted[rows] else ""
                counted[rows] += 1
            self._marks[id(scope)] = marks
        return self._marks[id(scope)].get(name, "")


def _is_column(expression: exp.Expression | None, name: str) -> bool:
    return isinstance(expression, exp.Column) and expression.name.lower() == name

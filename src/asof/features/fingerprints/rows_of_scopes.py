"""Which rows a query has: what its FROM, joins, conditions, grouping, DISTINCT and LIMIT say."""

from collections import Counter
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from asof.features.fingerprints.canonical import canonical, digest
from asof.features.fingerprints.following import Following
from asof.features.fingerprints.forms import aggregates, as_text, group_key
from asof.features.fingerprints.single_rows import finds_one_row
from asof.features.lineage.query import GROUP_NAMES, with_windows

_OF_A_NAME = {"this", "db", "catalog", "alias", "expressions"}


class RowsOfScopes(Following):
    """The part of `Meaning` for rows."""

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

"""Lineage within one query: what an output column is computed from, and what decides which rows there are.

sqlglot resolves every column to its table or subquery; this module walks those scopes and keeps what it passes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from asof.errors import ProfileError, ProjectError

Relation = tuple[str, str, str]
ROWS = "*"  # in the place of a column: the rows themselves, whatever their columns


@dataclass(frozen=True)
class QueryStep:
    """An expression on the way, and the select that it stands in: a column's own, or a condition on rows."""

    select: Any  # exp.Select, or None for a table function
    expression: Any  # exp.Expression
    scope: Any  # where its columns are resolved

    @property
    def key(self) -> tuple[int, int]:
        return (id(self.select), id(self.expression))


@dataclass
class Trace:
    """What a column comes from: columns of relations, by the steps between."""

    inputs: dict[tuple[Relation, str], None]
    steps: dict[tuple[int, int], QueryStep]
    lost: dict[str, None] = field(default_factory=dict)  # columns whose origin could not be followed

    @classmethod
    def empty(cls) -> "Trace":
        return cls({}, {})

    def add(self, other: "Trace") -> None:
        self.inputs.update(other.inputs)
        self.steps.update(other.steps)
        self.lost.update(other.lost)


class Query:
    """A compiled query, with its columns resolved."""

    def __init__(self, sql: str, dialect: str, schema: dict[str, Any], name: str) -> None:
        """Raises ProjectError when the SQL cannot be read."""
        try:
            expression = qualify(
                _with_group_names(sqlglot.parse_one(sql, dialect=dialect)),
                schema=schema,
                dialect=dialect,
                validate_qualify_columns=False,
                quote_identifiers=False,
                identify=False,
            )
            root = build_scope(expression)
        # sqlglot has errors of its own, and trips over some SQL that it has parsed
        except (
            SqlglotError,
            ValueError,
            RecursionError,
            LookupError,
            AttributeError,
            AssertionError,
            TypeError,
        ) as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise ProjectError(f"dbt model {name}: its compiled SQL cannot be read by sqlglot: {first}") from None
        if root is None:
            raise ProjectError(f"dbt model {name}: its compiled SQL is no query")
        for cte in expression.find_all(exp.CTE):
            if not isinstance(cte.this, exp.Query):  # such as a PIVOT statement, of which sqlglot makes no scope
                raise ProjectError(f"dbt model {name}: its CTE {cte.alias} cannot be followed by sqlglot")
        self.root: Scope = root
        self._traces: dict[tuple[int, str, bool], Trace] = {}

    @property
    def outputs(self) -> list[str]:
        return [name.lower() for name in self.root.expression.named_selects]

    @property
    def unnamed(self) -> list[str]:
        """Projections that stand for columns whose names the SQL does not say, such as columns('x.*')."""
        found = []
        for select in self.root.expression.find_all(exp.Select):
            for projection in select.selects:
                patterns = [node for node in projection.walk() if isinstance(node, exp.Columns)]
                if projection.is_star or patterns:
                    found.append(projection.sql(dialect="duckdb"))
        return found

    def trace(self, column: str, *, bare: bool = False) -> Trace:
        """Where an output column's values come from; `ROWS` for what decides which rows there are. `bare` leaves out the columns
        that windows are partitioned or ordered by, which only pick values.
        """
        return self._rows(self.root) if column == ROWS else self._column(self.root, column, bare=bare)

    def value(self, expression: exp.Expression, scope: Scope, *, bare: bool = False) -> Trace:
        """Where the columns of an expression come from, seen from a scope."""
        found = Trace.empty()
        for column in _own_columns(expression, bare=bare):
            found.add(self._resolve(column, scope, bare=bare))
        for subquery in expression.find_all(exp.Query):
            inner = next((s for s in scope.subquery_scopes if s.expression is subquery), None)
            if inner is not None:
                found.add(self._rows(inner))
                for name in subquery.named_selects:
                    found.add(self._column(inner, name.lower()))
        return found

    def _column(self, scope: Scope, column: str, *, bare: bool = False) -> Trace:
        key = (id(scope), column, bare)
        if key not in self._traces:
            self._traces[key] = Trace.empty()  # what a recursive query finds of itself
            self._traces[key] = self._follow(scope, column, bare=bare)
        return self._traces[key]

    def _follow(self, scope: Scope, column: str, *, bare: bool) -> Trace:
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            found = Trace.empty()
            names = [name.lower() for name in expression.named_selects]
            for branch in scope.union_scopes:
                if column not in names:
                    found.lost[column] = None
                else:
                    own = [name.lower() for name in branch.expression.named_selects]
                    at = own.index(column) if expression.args.get("by_name") and column in own else names.index(column)
                    found.add(self._column(branch, own[at], bare=bare))
            return found
        if not isinstance(expression, exp.Select):
            # A table function, as unnest(...): its columns come from what it is given.
            found = self.value(expression, scope, bare=bare)
            found.steps[id(None), id(expression)] = QueryStep(None, expression, scope)
            return found
        for projection in expression.selects:
            if projection.alias_or_name.lower() == column:
                inner = with_windows(projection.unalias(), expression)
                found = self.value(inner, scope, bare=bare)
                step = QueryStep(expression, inner, scope)
                return Trace(dict(found.inputs), {step.key: step, **found.steps}, dict(found.lost))
        return Trace({}, {}, {column: None})

    def _rows(self, scope: Scope) -> Trace:
        key = (id(scope), ROWS, False)
        if key in self._traces:
            return self._traces[key]
        found = self._traces[key] = Trace.empty()
        for branch in scope.union_scopes or ():
            found.add(self._rows(branch))
        select = scope.expression
        if isinstance(select, exp.Select):
            for condition in conditions(select):
                inner = with_windows(condition, select)
                step = QueryStep(select, inner, scope)
                found.steps[step.key] = step
                found.add(self.value(inner, scope))
        for source in scope.sources.values():
            if isinstance(source, Scope):
                found.add(self._rows(source))
            elif isinstance(source, exp.Table):
                found.inputs[_relation(source), ROWS] = None
        return found

    def _resolve(self, column: exp.Column, scope: Scope, *, bare: bool) -> Trace:
        current: Scope | None = scope
        while current is not None:
            source = current.sources.get(column.table)
            if isinstance(source, Scope):
                return self._column(source, column.name.lower(), bare=bare)
            if isinstance(source, exp.Table):
                return Trace({(_relation(source), column.name.lower()): None}, {})
            current = current.parent
        return Trace({}, {}, {column.sql(dialect="duckdb"): None})


GROUP_NAMES = "asof_group_names"  # in the meta of a select: the bare names that it groups by


def _with_group_names(expression: exp.Expression) -> exp.Expression:
    """Notes the names in GROUP BY, before sqlglot takes one for an alias of the SELECT where it may be a column of a source."""
    for named in expression.find_all(exp.CTE, exp.Subquery):
        alias = named.args.get("alias")
        if (
            alias is not None
            and alias.args.get("columns")
            and isinstance(named.this, exp.Select)
            and named.this.is_star
        ):
            raise ValueError(f"{alias.name} names the columns of a *")
    for select in expression.find_all(exp.Select):
        group = select.args.get("group")
        keys = group.expressions if group is not None else ()
        select.meta[GROUP_NAMES] = [key.name.lower() for key in keys if isinstance(key, exp.Column) and not key.table]
    return expression


def conditions(select: exp.Select) -> Iterator[exp.Expression]:
    """What decides which rows a select has: its where, having and qualify, and the conditions of its joins."""
    for name in ("where", "having", "qualify"):
        clause = select.args.get(name)
        if clause is not None:
            yield clause.this
    for join in select.args.get("joins") or ():
        if join.args.get("on") is not None:
            yield join.args["on"]


def with_windows(expression: exp.Expression, select: exp.Select) -> exp.Expression:
    """The expression with the windows that it names written out; one may be based on another."""
    named = {window.name.lower(): window for window in select.args.get("windows") or ()}
    if not named or not any(window.args.get("alias") for window in expression.find_all(exp.Window)):
        return expression
    copy = expression.copy()
    for window in copy.find_all(exp.Window):
        seen = set()
        while (alias := window.args.get("alias")) is not None and alias.name.lower() in named:
            source = named[alias.name.lower()]
            for part in ("partition_by", "order", "spec"):
                if source.args.get(part) and not window.args.get(part):
                    value = source.args[part]
                    window.set(part, [v.copy() for v in value] if isinstance(value, list) else value.copy())
            seen.add(alias.name.lower())
            base = source.args.get("alias")
            window.set("alias", base.copy() if base is not None and base.name.lower() not in seen else None)
    return copy


def _own_columns(expression: exp.Expression, *, bare: bool = False) -> Iterable[exp.Column]:
    """The columns of an expression, but for those within subqueries; `bare` leaves out those that only pick a window's rows."""

    def is_left_out(node: exp.Expression) -> bool:
        picks = bare and isinstance(node.parent, exp.Window) and node.arg_key in {"partition_by", "order", "spec"}
        return (isinstance(node, exp.Query) and node is not expression) or picks

    return (
        node for node in expression.walk(prune=is_left_out) if isinstance(node, exp.Column) and not is_left_out(node)
    )


def _relation(table: exp.Table) -> Relation:
    return (table.catalog.lower(), table.db.lower(), table.name.lower())


def dialect_of(adapter: str) -> str:
    """What sqlglot calls the SQL of an adapter. Raises ProfileError for one that it does not know."""
    name = {"sqlserver": "tsql", "synapse": "tsql", "fabric": "fabric", "glue": "spark"}.get(adapter, adapter)
    if sqlglot.Dialect.get(name) is None:
        raise ProfileError(f"the SQL of a target of type {adapter} cannot be read: sqlglot does not know it")
    return name

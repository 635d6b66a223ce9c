"""Joins that find at most one row for each row on their left and leave none out: they do not change which rows there are.

Each is a part of what its own columns mean, and of no others: a changed label does not change the features beside it.
"""

from collections.abc import Iterable, Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

AT_MOST_ONE_ROW = "asof: at most one row"  # a comment before a join; the joins of a feature view on PostgreSQL have it


def finds_one_row(join: exp.Join, scope: Scope) -> bool:
    """Whether a join of a scope is ASOF LEFT, or a left join by a key that its source has once: columns of which it keeps the first
    row each by `row_number() ... = 1`. One that says so in a comment is believed.
    """
    method, side = (str(join.args.get(part) or "").lower() for part in ("method", "side"))
    if side != "left":
        return False
    if method == "asof" or any(comment.strip() == AT_MOST_ONE_ROW for comment in join.comments or ()):
        return True
    source, on = scope.sources.get(join.alias_or_name), join.args.get("on")
    if not isinstance(source, Scope) or on is None:
        return False
    key = _key(source)
    return bool(key) and key <= set(_equated(on, join.alias_or_name))


def join_that_finds(alias: str, scope: Scope) -> exp.Join | None:
    """The join by which a source of a scope finds at most one row; None where there is no such join."""
    joins = scope.expression.args.get("joins") or ()
    return next((join for join in joins if join.alias_or_name == alias and finds_one_row(join, scope)), None)


def _key(scope: Scope) -> set[str]:
    """The columns of which a query has each combination once, since it numbers rows and keeps the first; empty where it does not."""
    select = scope.expression
    if not isinstance(select, exp.Select) or _multiplies(select):
        return set()
    for clause in (select.args.get("where"), select.args.get("qualify")):
        for term in _terms(clause.this) if clause is not None else ():
            if isinstance(term, exp.EQ):
                number, first = sorted((term.this, term.expression), key=lambda side: isinstance(side, exp.Literal))
                window = _window(number, scope)
                if first.name == "1" and isinstance(window, exp.Window) and isinstance(window.this, exp.RowNumber):
                    return _called(window.args.get("partition_by") or (), select)
    return set()


def _multiplies(select: exp.Select) -> bool:
    """Whether a select may have a row of its source more than once, or rows of several sources."""
    joins = select.args.get("joins") or select.args.get("laterals")
    return bool(joins) or any(each.find(exp.Explode, exp.Unnest) for each in select.selects)


def _window(number: exp.Expression, scope: Scope) -> exp.Expression | None:
    """The expression behind a column of a scope's source; another expression is itself."""
    if not isinstance(number, exp.Column):
        return number
    source = scope.sources.get(number.table)
    selects = source.expression.selects if isinstance(source, Scope) else ()
    return next((each.unalias() for each in selects if each.alias_or_name == number.name), None)


def _called(columns: Iterable[exp.Expression], select: exp.Select) -> set[str]:
    """What a select calls columns that it passes on; empty where it leaves one out."""
    passed_on = ((each.unalias(), each.alias_or_name.lower()) for each in select.selects)
    names = {each.name.lower(): alias for each, alias in passed_on if isinstance(each, exp.Column)}
    called = {names.get(column.name.lower()) if isinstance(column, exp.Column) else None for column in columns}
    return {name for name in called if name} if None not in called else set()


def _equated(on: exp.Expression, alias: str) -> Iterator[str]:
    """The columns of a source that a condition sets equal to something else."""
    for term in _terms(on):
        if isinstance(term, exp.EQ):
            for side, other in ((term.this, term.expression), (term.expression, term.this)):
                is_of_other = not any(column.table in {alias, ""} for column in other.find_all(exp.Column))
                if isinstance(side, exp.Column) and side.table == alias and is_of_other:
                    yield side.name.lower()


def _terms(condition: exp.Expression) -> Iterator[exp.Expression]:
    """The terms that AND joins."""
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        yield from _terms(inner.this)
        yield from _terms(inner.expression)
    else:
        yield inner

"""Windows that see too much: rows after their own, rows that were not known yet, or all rows there are."""

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from asof.features.lineage.ancestry import Place, Trail
from asof.leaks.lint.gates import COMPARISONS, gates
from asof.leaks.lint.rules import FITTED_IN_QUERY, LOOKS_AHEAD, WINDOW_NOT_KNOWN, Rule
from asof.leaks.lint.subject import Subject

Hit = tuple[Rule, Place, Any]  # what is shown is an expression, or words

RANKS = (exp.RowNumber, exp.Rank, exp.DenseRank)
SHARES = (exp.Ntile, exp.PercentRank, exp.CumeDist)


def windows(subject: Subject) -> Iterator[Hit]:
    """The windows on a feature's way that break a rule."""
    for place in subject.places:
        for window in place.step.expression.find_all(exp.Window):
            is_value = place.step.key in subject.values.places
            rule = _broken(window, place, subject, is_value=is_value)
            if rule is not None:
                yield rule, place, window


def _broken(window: exp.Window, place: Place, subject: Subject, *, is_value: bool) -> Rule | None:
    function = _function(window)
    partition = window.args.get("partition_by") or []
    order = window.args.get("order")
    if isinstance(function, RANKS) and not (is_value and _looks_back_to_front(window)):
        return None  # which rows a rank is used to pick is a matter of current-state
    if isinstance(function, SHARES) or order is None:
        if any(_is_a_time(key, place, subject) for key in partition):
            return None  # all its rows are of one time
        if is_the_first_time(function, place, subject):
            return None  # nothing that comes later makes it earlier
        return LOOKS_AHEAD if partition else FITTED_IN_QUERY
    if _frame_goes_on(window) or _takes_from_later(function) or _looks_back_to_front(window):
        return None if not is_value and _only_ends_intervals(window, function, place, subject) else LOOKS_AHEAD
    # what comes after the first key only tells ties apart
    ordered = subject.ancestry.at(place, order.expressions[0].this)
    return WINDOW_NOT_KNOWN if subject.sources(subject.known) - subject.sources(ordered) else None


def _function(window: exp.Window) -> exp.Expression:
    found: exp.Expression = window.this
    while isinstance(found, (exp.IgnoreNulls, exp.RespectNulls, exp.Filter)):
        found = found.this
    return found


def _frame_goes_on(window: exp.Window) -> bool:
    spec = window.args.get("spec")
    sides = (spec.args.get("start_side"), spec.args.get("end_side")) if spec is not None else ()
    return any(str(side).upper() == "FOLLOWING" for side in sides)


def _takes_from_later(function: exp.Expression) -> bool:
    """A lead, or a lag by less than nothing."""
    offset = function.args.get("offset")
    return isinstance(function, exp.Lead) != (isinstance(function, (exp.Lag, exp.Lead)) and isinstance(offset, exp.Neg))


def _looks_back_to_front(window: exp.Window) -> bool:
    """Its first key goes from new to old, so that what precedes a row came after it."""
    order = window.args.get("order")
    first = order.expressions[0] if order and order.expressions else None
    return isinstance(first, exp.Ordered) and bool(first.args.get("desc"))


def is_the_first_time(function: exp.Expression, place: Place, subject: Subject) -> bool:
    """Whether a minimum is known from the row's own known time on, because no later row can lower it.

    True for the minimum that makes the known time itself, and for the minimum of a gate or known time over plain rows. A filter
    or a join may pick rows of which the earliest comes after this row, so neither passes.
    """
    if not isinstance(function, exp.Min):
        return False
    if place.step.key in subject.known.places:
        return True
    is_plain = not isinstance(function.parent, exp.Filter) and not place.step.select.args.get("joins")
    if not (is_plain and isinstance(function.this, exp.Column)):
        return False
    time = subject.ancestry.at(place, function.this)
    return subject.is_known_time(time) or _is_of_a_gate(time, subject)


def _is_of_a_gate(time: Trail, subject: Subject) -> bool:
    """Whether a time is the one that an upstream model compares with the present, as asof.visible does."""
    sources, graph = subject.sources(time), subject.ancestry.graph
    return bool(sources) and any(
        subject.sources(subject.ancestry.at(place, gate)) == sources
        for id_ in time.node_ids()
        for place, gate in gates(subject.ancestry, graph.nodes[id_], subject.now)
    )


def _only_ends_intervals(window: exp.Window, function: exp.Expression, place: Place, subject: Subject) -> bool:
    """Whether a lead serves only as the open end of a validity interval.

    Its argument must be its own order key. Every use of it must be a comparison with the known time of the feature's row, as in
    `ordered_at < coalesce(next_at, now)`: any other condition would ask whether, or when, a later row exists.
    """
    order = window.args["order"].expressions[0].this
    if not (isinstance(function, exp.Lead) and function.this == order):
        return False
    uses = [
        (condition, column)
        for condition in subject.rows.places.values()
        for column in condition.step.expression.find_all(exp.Column)
        if place.step.key in subject.ancestry.at(condition, column).places
    ]
    # a projection that renames the column, or fills it, only hands it on to a condition
    compared = [(condition, column) for condition, column in uses if _end(column) is not condition.step.expression]
    return bool(compared) and all(_is_compared_with_known(column, condition, subject) for condition, column in compared)


def _end(column: exp.Column) -> exp.Expression:
    """The end of an interval as a condition uses it: the column, or what fills it where it is NULL."""
    return column.parent if isinstance(column.parent, exp.Coalesce) else column


def _is_compared_with_known(column: exp.Column, condition: Place, subject: Subject) -> bool:
    """Whether an interval's end is one side of a comparison whose other side is the known time of the feature's row."""
    end = _end(column)
    comparison = end.parent
    if not isinstance(comparison, COMPARISONS):
        return False
    other = comparison.expression if end is comparison.this else comparison.this
    return isinstance(other, exp.Column) and subject.is_known_time(subject.ancestry.at(condition, other))


def _is_a_time(key: exp.Expression, place: Place, subject: Subject) -> bool:
    """A key of a partition is a time of the feature's row, not cut to a day or the like, unless the known time is cut so too."""
    if not isinstance(key, exp.Column):
        return False
    trail = subject.ancestry.at(place, key)
    own = [found for at, found in trail.places.items() if at not in subject.known.places]
    cut = any(is_cut(found) for made in own for found in made.step.expression.walk())
    return not cut and subject.is_time_of_row(trail)


def is_cut(expression: exp.Expression) -> bool:
    """Whether an expression cuts a time to the beginning of a bucket."""
    if isinstance(expression, (exp.TimestampTrunc, exp.DateTrunc, exp.DatetimeTrunc, exp.DateBin)):
        return True
    if isinstance(expression, (exp.Cast, exp.TryCast)):
        return bool(expression.to.is_type(exp.DataType.Type.DATE))
    return (
        isinstance(expression, (exp.TsOrDsToDate, exp.Date))
        or (isinstance(expression, exp.Func) and expression.sql_name().lower() == "time_bucket")
        or (isinstance(expression, exp.Anonymous) and expression.name.lower() in ("time_bucket", "date_bin"))
    )

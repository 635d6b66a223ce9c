"""Windows that see too much: rows after their own, rows that were not known yet, or all rows there are."""

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from asof.features.lineage.ancestry import Place, Trail
from asof.features.lint.gates import gates
from asof.features.lint.rules import FITTED_IN_QUERY, LOOKS_AHEAD, WINDOW_NOT_KNOWN, Rule
from asof.features.lint.subject import Subject

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
    """The earliest of the times at which its rows become visible, or what the known time itself is: whoever knows a row knows that
    one.
    """
    if not isinstance(function, exp.Min):
        return False
    if (id(place.step.select), id(place.step.expression)) in subject.known.places:
        return True
    # of rows that a filter picks, or that a join brings, the earliest may come later than this one
    if (
        not isinstance(function.this, exp.Column)
        or isinstance(function.parent, exp.Filter)
        or place.step.select.args.get("joins")
    ):
        return False
    first = subject.ancestry.at(place, function.this)
    return subject.is_known_time(first) or _is_of_a_gate(first, subject)


def _is_of_a_gate(time: Trail, subject: Subject) -> bool:
    """Whether a time is the one by which a model on its way hides what is not known yet."""
    sources, graph = subject.sources(time), subject.ancestry.graph
    return bool(sources) and any(
        subject.sources(subject.ancestry.at(place, gate)) == sources
        for id_ in time.node_ids()
        for place, gate in gates(subject.ancestry, graph.nodes[id_], subject.now)
    )


def _only_ends_intervals(window: exp.Window, function: exp.Expression, place: Place, subject: Subject) -> bool:
    """A lead of what it is ordered by, as the open end of a row's validity: all that comes of it is a comparison with the known time
    of the feature's row, itself or with something in its place where there is no end.
    """
    order = window.args["order"].expressions[0].this
    if not (isinstance(function, exp.Lead) and function.this == order):
        return False
    compared = False
    for at in subject.rows.places.values():
        expression = at.step.expression
        ends = [
            column
            for column in expression.find_all(exp.Column)
            if place.step.key in subject.ancestry.at(at, column).places
        ]
        for column in ends:
            end = column.parent if isinstance(column.parent, exp.Coalesce) else column
            if (
                end in (expression, expression.this if isinstance(expression, exp.Coalesce) else None)
                or column is expression
            ):
                continue  # passed on to where it is compared
            if not isinstance(end.parent, (exp.LT, exp.LTE, exp.GT, exp.GTE)):
                return False
            other = end.parent.expression if end is end.parent.this else end.parent.this
            if not isinstance(other, exp.Column) or not subject.is_known_time(subject.ancestry.at(at, other)):
                return False
            compared = True
    return compared


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

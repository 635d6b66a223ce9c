"""Buckets of time that are stamped with their beginning."""

from collections.abc import Iterator

from sqlglot import exp

from asof.leaks.lint.rules import BUCKET_START
from asof.leaks.lint.subject import Subject
from asof.leaks.lint.windows import Hit, is_cut

SHIFTS = (exp.Add, exp.DateAdd, exp.TimestampAdd, exp.DatetimeAdd, exp.TsOrDsAdd)


def buckets(subject: Subject) -> Iterator[Hit]:
    """Where the known time of a feature's group is cut to a bucket's beginning and not moved to its end."""
    if not subject.is_group:
        return
    for place in subject.known.places.values():
        expression = place.step.expression
        if any(expression.find_all(*SHIFTS)):
            return  # from here back to the source all is moved on
        for cut in expression.walk():
            if is_cut(cut) and cut.find_ancestor(exp.GenerateSeries, exp.GenerateTimestampArray) is None:
                yield BUCKET_START, place, cut
                return

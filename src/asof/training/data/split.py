"""Where the splits begin and end. Pure: `training_set.py` makes the query of the plan."""

from dataclasses import dataclass
from datetime import datetime

from asof.model_spec.spec import Split


@dataclass(frozen=True)
class Interval:
    """Moments of prediction in [start, end) with labels known by `known_by`; an open start is None."""

    start: datetime | None
    end: datetime
    known_by: datetime


@dataclass(frozen=True)
class SplitPlan:
    """The three splits of a training set, oldest first, with a gap before the validation and test splits."""

    train: Interval
    validation: Interval
    test: Interval


def plan_splits(split: Split, cutoff: datetime) -> SplitPlan:
    """Splits counted back from the cut-off.

    Each split only holds rows whose label was known when the next one began, as it would have been for somebody who
    trained then; the test split's labels were known at the cut-off.
    """
    test_start = cutoff - split.test
    validation_start = test_start - split.gap - split.validation
    return SplitPlan(
        train=Interval(None, validation_start - split.gap, known_by=validation_start),
        validation=Interval(validation_start, test_start - split.gap, known_by=test_start),
        test=Interval(test_start, cutoff, known_by=cutoff),
    )

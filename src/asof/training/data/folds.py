"""Rolling-origin folds for tuning: each is validated on a stretch of time after all that it is fitted on. Pure.

Hyndman and Athanasopoulos: Forecasting, principles and practice, 3rd edition, section 5.10.
"""

from dataclasses import dataclass
from datetime import datetime

from asof.model_spec.spec import Split
from asof.training.data.split import Interval, plan_splits


@dataclass(frozen=True)
class Fold:
    """Rows to fit on and rows to judge on, the latter after the former, with the spec's gap between them."""

    train: Interval
    validation: Interval


def plan_folds(split: Split, cutoff: datetime, count: int) -> list[Fold]:
    """Folds as long as the validation split, oldest first; the newest is the spec's own training and validation split.

    The test split, and what lies after the validation split, is in none of them.
    """
    newest = plan_splits(split, cutoff)
    folds = []
    for back in range(count - 1, -1, -1):
        start = newest.validation.end - split.validation * (back + 1)
        # a label counts when it was known as the next fold began, as it does for the splits
        end = start + split.validation
        folds.append(
            Fold(
                train=Interval(None, start - split.gap, known_by=start),
                validation=Interval(start, end, known_by=end + split.gap),
            )
        )
    return folds

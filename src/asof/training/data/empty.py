"""A split without a labelled row: why it has none, and what to change."""

from datetime import datetime, timedelta

import ibis

from asof.clock import written
from asof.durations import write_duration
from asof.errors import DataError
from asof.features.view import LABEL_KNOWN_AT
from asof.training.data.split import Interval
from asof.training.data.training_set import TrainingSet


def refuse_empty(training_set: TrainingSet, split: str, rows: int, newest: datetime | None) -> None:
    """Raises DataError where a split has no row. `newest` is the moment of the newest labelled row of all."""
    if rows:
        return
    interval: Interval = getattr(training_set.plan, split)
    since = f"from {written(interval.start)} " if interval.start else ""
    newest_told = f"the newest one of all is of {written(newest)}" if newest else "nor has any other"
    raise DataError(
        f"model {training_set.spec.name}: the {split} split ({since}to {written(interval.end)}) has no labelled "
        f"row, {newest_told}; {_remedy(training_set, split)}, or set the present with --now"
    )


def _remedy(training_set: TrainingSet, split: str) -> str:
    """Shorter splits leave more history to learn from; a split that is shorter than a label takes to come has no label."""
    length: timedelta = getattr(training_set.spec.split, split, timedelta.max)
    delay = _shortest_delay(training_set)
    if split != "train" and delay is not None and delay >= length:
        return (
            f"a label comes {write_duration(delay)} after its question at the earliest, so that a {split} split of "
            f"{write_duration(length)} has none yet: make {split} longer than that in the spec's split"
        )
    return "build more history, shorten validation and test in the spec's split"


def _shortest_delay(training_set: TrainingSet) -> timedelta | None:
    """The shortest time from a question to its label, to the second; None without a label."""
    rows = training_set.rows
    seconds = rows[LABEL_KNOWN_AT].epoch_seconds() - rows[training_set.view.meta.as_of].epoch_seconds()
    found = rows.aggregate(delay=ibis.least(seconds.min(), 10**9)).to_pyarrow().to_pylist()[0]["delay"]
    return None if found is None else timedelta(seconds=int(found))

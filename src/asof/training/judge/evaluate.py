"""Measures a candidate on a split and its slices, beside a trivial baseline and the champion on the same rows."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from asof.spec.model_spec import ModelSpec
from asof.training.data.dataset import Part
from asof.training.judge.metrics import measure

ALL = "all"


@dataclass(frozen=True)
class Measurement:
    """One row of the table of metrics: a metric of one slice of a split, for the candidate and what it is held against."""

    split: str
    slice_by: str
    slice: str
    metric: str
    value: float | None
    baseline_value: float | None
    champion_value: float | None
    row_count: int

    def row(self, run_id: str) -> dict[str, object]:
        return {"run_id": run_id, **asdict(self)}


def baseline_score(train_labels: np.ndarray) -> float:
    """What the trivial baseline predicts for every row: the share of positives, or the mean, of the training labels."""
    return float(train_labels.mean())


def evaluate(
    spec: ModelSpec, split: str, part: Part, scores: np.ndarray, baseline: float, champion: np.ndarray | None
) -> list[Measurement]:
    """Every metric of the spec on the whole split and on each slice; arrays have shape (rows of the part,)."""
    return [
        Measurement(
            split=split,
            slice_by=slice_by,
            slice=value,
            metric=metric,
            value=measure(metric, part.labels[mask], scores[mask]),
            baseline_value=measure(metric, part.labels[mask], np.full(mask.sum(), baseline)),
            champion_value=None if champion is None else measure(metric, part.labels[mask], champion[mask]),
            row_count=int(mask.sum()),
        )
        for slice_by, value, mask in _slices(spec, part)
        for metric in spec.metrics
    ]


def _slices(spec: ModelSpec, part: Part) -> Iterator[tuple[str, str, np.ndarray]]:
    yield ALL, ALL, np.ones(len(part.labels), dtype=bool)
    for column in spec.slices:
        values = np.array(["NULL" if value is None else str(value) for value in part.rows[column].to_pylist()])
        for value in np.unique(values).tolist():
            yield column, value, values == value

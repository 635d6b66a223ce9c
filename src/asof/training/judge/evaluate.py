"""Measures a candidate on a split and its slices, beside two baselines and the champion on the same rows."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from asof.metrics.catalog import METRICS
from asof.model_spec.spec import ModelSpec
from asof.registry.rows import MetricRow
from asof.training.data.dataset import Part
from asof.training.judge.resampling import Resamples, interval

ALL = "all"
DIFFERENCE = "(difference)"


@dataclass(frozen=True)
class Measurement:
    """One row of the table of metrics: a metric of one slice of a split, for the candidate and what it is held against.

    `low` and `high` bound the middle 95 % of the value on resampled days; `small` marks a slice with too few rows to be
    judged. The slice `(difference)` of a protected column has the greatest difference between two of its slices.
    """

    split: str
    slice_by: str
    slice: str
    metric: str
    value: float | None
    baseline_value: float | None
    champion_value: float | None
    row_count: int
    linear_value: float | None = None
    low: float | None = None
    high: float | None = None
    small: bool = False

    def row(self, run_id: str) -> MetricRow:
        return MetricRow(run_id=run_id, **asdict(self))


@dataclass(frozen=True)
class Scores:
    """What each side says of the rows of a part; a side that there is not is None."""

    candidate: np.ndarray
    prior: np.ndarray
    linear: np.ndarray | None = None
    champion: np.ndarray | None = None


def evaluate(spec: ModelSpec, split: str, part: Part, scores: Scores) -> list[Measurement]:
    """Every metric of the spec on the whole split and on each slice, then the differences between protected groups.

    Intervals are worked out for the whole of each split, and for the slices of the test split.
    """
    resamples = Resamples(part.moments)
    measured = [
        _measure(spec, split, part, scores, (slice_by, value, mask), metric, resamples)
        for slice_by, value, mask in _slices(spec, part)
        for metric in spec.metrics_of(slice_by)
    ]
    return measured + list(_differences(spec, measured))


def _measure(
    spec: ModelSpec,
    split: str,
    part: Part,
    scores: Scores,
    where: tuple[str, str, np.ndarray],
    metric: str,
    resamples: Resamples,
) -> Measurement:
    slice_by, name, mask = where
    labels, count = part.labels[mask], int(mask.sum())

    def of(side: np.ndarray | None) -> float | None:
        return None if side is None else METRICS[spec.problem][metric].value(labels, side[mask], spec.threshold)

    value, small = of(scores.candidate), slice_by != ALL and count < spec.min_slice_rows
    low = high = None
    if (slice_by == ALL or split == "test") and not small and value is not None:
        low, high = interval(
            value, resamples.deviations(spec.problem, metric, part.labels, scores.candidate, mask, spec.threshold)
        )
    return Measurement(
        split=split,
        slice_by=slice_by,
        slice=name,
        metric=metric,
        value=value,
        baseline_value=of(scores.prior),
        champion_value=of(scores.champion),
        linear_value=of(scores.linear),
        row_count=count,
        low=low,
        high=high,
        small=small,
    )


def _slices(spec: ModelSpec, part: Part) -> Iterator[tuple[str, str, np.ndarray]]:
    yield ALL, ALL, np.ones(len(part.labels), dtype=bool)
    for column in spec.slices:
        values = np.array(["NULL" if value is None else str(value) for value in part.rows[column].to_pylist()])
        for value in np.unique(values).tolist():
            # a value that looks like the row of differences is not taken for it
            yield column, f"'{value}'" if value == DIFFERENCE else value, values == value


def _differences(spec: ModelSpec, measured: Sequence[Measurement]) -> Iterator[Measurement]:
    """Between the slices of each protected column, of those that are large enough to be judged."""
    for column in spec.protected:
        for metric in spec.metrics_of(column):
            groups = [m for m in measured if (m.slice_by, m.metric, m.small) == (column, metric, False)]
            if groups:
                yield Measurement(
                    split=groups[0].split,
                    slice_by=column,
                    slice=DIFFERENCE,
                    metric=metric,
                    value=_spread([m.value for m in groups]),
                    baseline_value=None,
                    champion_value=_spread([m.champion_value for m in groups]),
                    linear_value=_spread([m.linear_value for m in groups]),
                    row_count=sum(m.row_count for m in groups),
                )


def _spread(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return max(defined) - min(defined) if len(defined) > 1 else None

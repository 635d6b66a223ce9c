"""The curves of a report as rows of a table: ROC and precision, calibration, residuals, confusion, the label over time."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import sklearn.metrics as sk

from asof.metrics.metric import Problem
from asof.metrics.values import BINS, confidence_bins
from asof.registry.rows import CurveRow
from asof.training.data.contents import LabelMoment
from asof.training.data.dataset import Classes, Part

_POINTS = 101


@dataclass(frozen=True)
class Point:
    """One point of a curve; `series` tells curves of one kind apart, such as those of several classes."""

    split: str
    curve: str
    series: str
    position: int
    x: float
    y: float
    row_count: int | None = None

    def row(self, run_id: str) -> CurveRow:
        return CurveRow(run_id=run_id, **asdict(self))


def curves(problem: Problem, split: str, part: Part, scores: np.ndarray, classes: Classes) -> list[Point]:
    """The curves of one split. Curve names: roc, precision_recall, calibration, residuals, predicted, confusion."""
    if problem == "regression":
        return [*_residuals(split, part.labels, scores), *_predicted(split, part.labels, scores)]
    if problem == "binary":
        return [*_ranking(split, "positive", part.labels, scores), *_calibration(split, part.labels, scores)]
    right = (scores.argmax(axis=1) == part.labels).astype(float)
    points = [*_calibration(split, right, scores.max(axis=1)), *_confusion(split, part.labels, scores, classes)]
    for code, name in enumerate(classes):
        points += _ranking(split, str(name), (part.labels == code).astype(float), scores[:, code])
    return points


def label_points(moments: Sequence[LabelMoment]) -> list[Point]:
    """The label over time: the mean, or the share of each class; x is in seconds since 1970."""
    return [
        Point("all", "label_over_time", each.series, position, each.start.timestamp(), each.value, each.row_count)
        for position, each in enumerate(moments)
    ]


def _thinned(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[int, float, float]]:
    chosen = np.unique(np.linspace(0, len(x) - 1, _POINTS).astype(int))
    for position, index in enumerate(chosen):
        yield position, float(x[index]), float(y[index])


def _ranking(split: str, series: str, labels: np.ndarray, scores: np.ndarray) -> Iterator[Point]:
    if len(np.unique(labels)) < 2:
        return
    false_rate, true_rate, _ = sk.roc_curve(labels, scores)
    for position, x, y in _thinned(false_rate, true_rate):
        yield Point(split, "roc", series, position, x, y)
    precision, recall, _ = sk.precision_recall_curve(labels, scores)
    for position, x, y in _thinned(recall[::-1], precision[::-1]):
        yield Point(split, "precision_recall", series, position, x, y)


def _calibration(split: str, outcomes: np.ndarray, confidence: np.ndarray) -> Iterator[Point]:
    bins = confidence_bins(confidence)
    for position in range(BINS):
        inside = bins == position
        if inside.any():
            x, y = float(confidence[inside].mean()), float(outcomes[inside].mean())
            yield Point(split, "calibration", "observed", position, x, y, int(inside.sum()))


def _residuals(split: str, labels: np.ndarray, scores: np.ndarray) -> Iterator[Point]:
    """A histogram of label minus prediction between its 1st and 99th percentile; the rest is in the outer bars."""
    residuals = labels - scores
    low, high = np.quantile(residuals, [0.01, 0.99])
    counts, edges = np.histogram(np.clip(residuals, low, high), bins=40, range=(low, max(high, low + 1e-9)))
    for position, count in enumerate(counts):
        middle = float((edges[position] + edges[position + 1]) / 2)
        yield Point(split, "residuals", "rows", position, middle, float(count), int(count))


def _predicted(split: str, labels: np.ndarray, scores: np.ndarray) -> Iterator[Point]:
    """Mean prediction and mean label in twenty groups of rows by their prediction."""
    for position, group in enumerate(np.array_split(np.argsort(scores, kind="stable"), min(20, len(scores)))):
        x, y = float(scores[group].mean()), float(labels[group].mean())
        yield Point(split, "predicted", "observed", position, x, y, len(group))


def _confusion(split: str, labels: np.ndarray, scores: np.ndarray, classes: Classes) -> Iterator[Point]:
    """How many rows of each class (series) were taken for which class (x is its position)."""
    counts = sk.confusion_matrix(labels, scores.argmax(axis=1), labels=range(len(classes)))
    for actual, row in zip(classes, counts, strict=True):
        for code, count in enumerate(row):
            yield Point(split, "confusion", str(actual), code, float(code), float(count), int(count))

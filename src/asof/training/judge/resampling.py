"""Metrics on many resamples of the same rows at once, for confidence intervals and paired tests.

A resample is a vector of weights, how often each row was drawn. Each metric is worked out for all of them together: rows
are sorted once, and the rest is sums. The bootstrap is that of Efron and Tibshirani: An introduction to the bootstrap,
1993, chapters 13 and 16; whole days are drawn, since rows of one day are not independent (Field and Welsh:
Bootstrapping clustered data, JRSS B 2007).
"""

from collections.abc import Callable

import numpy as np

from asof.metrics.names import Problem
from asof.training.judge.metrics import BINS, THRESHOLD, confidence_bins, decided

RESAMPLES = 200
_MOST_ROWS = 10_000
_FEWEST_DAYS = 10
_DAY = 86_400_000_000

Resampled = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


class Resamples:
    """Which rows are drawn how often; the same for everything that is measured on them, so that it can be compared.

    `moments` are microseconds since 1970, shape (rows,). At most 10,000 rows take part, evenly spread over them.
    """

    def __init__(self, moments: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> None:
        count = len(moments)
        self.rows = np.unique(np.linspace(0, count - 1, min(count, _MOST_ROWS)).astype(int))
        days, day = np.unique(moments[self.rows] // _DAY, return_inverse=True)
        self.by_day = len(days) >= _FEWEST_DAYS
        units, unit = (len(days), day) if self.by_day else (len(self.rows), np.arange(len(self.rows)))
        drawn = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=resamples)
        self.weights = drawn.astype(np.float32)[:, unit]
        # m out of n (Bickel, Götze, van Zwet, Statistica Sinica 1997); days vary as much as they do with all their rows
        self.scale = 1.0 if self.by_day else float(np.sqrt(len(self.rows) / count))

    def deviations(
        self,
        problem: Problem,
        metric: str,
        labels: np.ndarray,
        scores: np.ndarray,
        mask: np.ndarray,
        threshold: float = THRESHOLD,
    ) -> np.ndarray:
        """The metric on each resample less the metric on the rows themselves, on those in `mask`; shape (resamples,).

        `threshold` is that of `measure`. NaN where a resample leaves it undefined.
        """
        inside = mask[self.rows]
        rows, weights = self.rows[inside], self.weights[:, inside]
        if not len(rows):
            return np.full(len(weights), np.nan)
        function, scores = RESAMPLED[problem][metric], decided(problem, metric, scores, threshold)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = function(labels[rows], scores[rows], weights)
            itself = function(labels[rows], scores[rows], np.ones((1, len(rows)), dtype=np.float32))
        return (drawn - itself) * self.scale


def interval(value: float | None, deviations: np.ndarray) -> tuple[float | None, float | None]:
    """The middle 95 % of resampled values around a value; None where too few resamples have one."""
    defined = deviations[np.isfinite(deviations)]
    if value is None or len(defined) < len(deviations) * 0.9:
        return None, None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(value + low), float(value + high)


def _mean(loss: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Resampled:
    return lambda labels, scores, weights: weights @ loss(labels, scores) / weights.sum(axis=1)


def _sorted(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of weights of positive and negative rows per distinct score, greatest score first."""
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
    drawn = weights[:, order].astype(np.float64)
    positive = labels[order] == 1
    return (
        np.add.reduceat(drawn * positive, starts, axis=1),
        np.add.reduceat(drawn * ~positive, starts, axis=1),
    )


def _roc_auc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of pairs of a positive and a negative row that are in order; a tie counts one half."""
    positive, negative = _sorted(labels, scores, weights)
    below = negative.sum(axis=1, keepdims=True) - negative.cumsum(axis=1)
    return (positive * (below + negative / 2)).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))


def _average_precision(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    positive, negative = _sorted(labels, scores, weights)
    found = positive.cumsum(axis=1)
    precision = found / np.maximum(found + negative.cumsum(axis=1), 1)
    return (positive * precision).sum(axis=1) / positive.sum(axis=1)


def _log_loss(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    likely = scores[np.arange(len(labels)), labels.astype(int)] if scores.ndim == 2 else _of_outcome(labels, scores)
    return -np.log(np.clip(likely, np.finfo(np.float64).eps, 1 - np.finfo(np.float64).eps))


def _of_outcome(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return np.where(labels == 1, scores, 1 - scores)


def _brier(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    if scores.ndim == 1:
        return (labels - scores) ** 2
    return ((scores - np.eye(scores.shape[1])[labels.astype(int)]) ** 2).sum(axis=1)


def _calibration_error(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    confidence = scores if scores.ndim == 1 else scores.max(axis=1)
    outcomes = labels if scores.ndim == 1 else (scores.argmax(axis=1) == labels).astype(float)
    in_bins = np.eye(BINS)[confidence_bins(confidence)] * (outcomes - confidence)[:, None]
    return np.abs(weights @ in_bins).sum(axis=1) / weights.sum(axis=1)


def _predicted(scores: np.ndarray) -> np.ndarray:
    return (scores >= THRESHOLD).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)


def _per_class(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sums of weights per class, shape (resamples, classes): of rows that are it, predicted it, and both."""
    classes = np.eye(2 if scores.ndim == 1 else scores.shape[1])
    actual, predicted = classes[labels.astype(int)], classes[_predicted(scores)]
    return weights @ actual, weights @ predicted, weights @ (actual * predicted)


def _balanced_accuracy(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    actual, _, both = _per_class(labels, scores, weights)
    found: np.ndarray = np.nanmean(np.where(actual > 0, both / actual, np.nan), axis=1)
    return found


def _f1_macro(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    actual, predicted, both = _per_class(labels, scores, weights)
    some: np.ndarray = actual + predicted
    return np.where(some > 0, 2 * both / some, 0.0).mean(axis=1)


def _roc_auc_ovr(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    each = [_roc_auc((labels == code).astype(int), scores[:, code], weights) for code in range(scores.shape[1])]
    return np.mean(each, axis=0)


def _share_selected(of: float) -> Resampled:
    def share(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        chosen = weights[:, labels == of]
        return chosen @ (scores[labels == of] >= THRESHOLD) / chosen.sum(axis=1)

    return share


def _median_absolute_error(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    errors = np.abs(labels - scores)
    order = np.argsort(errors)
    reached = weights[:, order].astype(np.float64).cumsum(axis=1)
    half, last = reached[:, -1:] / 2, len(errors) - 1
    lower = errors[order][np.minimum((reached < half).sum(axis=1), last)]
    upper = errors[order][np.minimum((reached <= half).sum(axis=1), last)]
    return np.where(half[:, 0] > 0, (lower + upper) / 2, np.nan)


def _r2(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    drawn = weights.astype(np.float64)
    total = drawn.sum(axis=1)
    center = (drawn @ labels / total)[:, None]
    return 1 - drawn @ (labels - scores) ** 2 / (drawn * (labels - center) ** 2).sum(axis=1)


# Those of `metrics.py`; a test holds that the two agree in their names and in their values.
RESAMPLED: dict[Problem, dict[str, Resampled]] = {
    "binary": {
        "roc_auc": _roc_auc,
        "average_precision": _average_precision,
        "log_loss": _mean(_log_loss),
        "brier_score": _mean(_brier),
        "calibration_error": _calibration_error,
        "accuracy": _mean(lambda labels, scores: _predicted(scores) == labels),
        "balanced_accuracy": _balanced_accuracy,
        "selection_rate": _mean(lambda _, scores: scores >= THRESHOLD),
        "true_positive_rate": _share_selected(1),
        "false_positive_rate": _share_selected(0),
    },
    "multiclass": {
        "accuracy": _mean(lambda labels, scores: _predicted(scores) == labels),
        "balanced_accuracy": _balanced_accuracy,
        "f1_macro": _f1_macro,
        "roc_auc_ovr": _roc_auc_ovr,
        "log_loss": _mean(_log_loss),
        "brier_score": _mean(_brier),
        "calibration_error": _calibration_error,
    },
    "regression": {
        "mean_absolute_error": _mean(lambda labels, scores: np.abs(labels - scores)),
        "root_mean_squared_error": lambda labels, scores, weights: np.sqrt(
            weights @ (labels - scores) ** 2 / weights.sum(axis=1)
        ),
        "median_absolute_error": _median_absolute_error,
        "r2": _r2,
        "mean_error": _mean(lambda labels, scores: scores - labels),
    },
}

"""The metrics on many resamples of the same rows at once; `metric.py` says of what shapes, and calls them by their names.

A resample is a vector of weights, how often each row was drawn. Each metric is worked out for all of them together: rows
are sorted once, and the rest is sums.
"""

from collections.abc import Callable

import numpy as np

from asof.metrics.metric import THRESHOLD
from asof.metrics.values import BINS, confidence_bins, confidences, predicted

Resampled = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


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


def roc_auc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of pairs of a positive and a negative row that are in order; a tie counts one half."""
    positive, negative = _sorted(labels, scores, weights)
    below = negative.sum(axis=1, keepdims=True) - negative.cumsum(axis=1)
    return (positive * (below + negative / 2)).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))


def average_precision(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
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


def calibration_error(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    confidence, outcomes = confidences(labels, scores)
    in_bins = np.eye(BINS)[confidence_bins(confidence)] * (outcomes - confidence)[:, None]
    return np.abs(weights @ in_bins).sum(axis=1) / weights.sum(axis=1)


def _per_class(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sums of weights per class, shape (resamples, classes): of rows that are it, predicted it, and both."""
    classes = np.eye(2 if scores.ndim == 1 else scores.shape[1])
    actual, chosen = classes[labels.astype(int)], classes[predicted(scores)]
    return weights @ actual, weights @ chosen, weights @ (actual * chosen)


def balanced_accuracy(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    actual, _, both = _per_class(labels, scores, weights)
    found: np.ndarray = np.nanmean(np.where(actual > 0, both / actual, np.nan), axis=1)
    return found


def f1_macro(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    actual, predicted, both = _per_class(labels, scores, weights)
    some: np.ndarray = actual + predicted
    return np.where(some > 0, 2 * both / some, 0.0).mean(axis=1)


def roc_auc_ovr(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    each = [roc_auc((labels == code).astype(int), scores[:, code], weights) for code in range(scores.shape[1])]
    return np.mean(each, axis=0)


def _share_selected(of: float) -> Resampled:
    def share(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        chosen = weights[:, labels == of]
        return chosen @ (scores[labels == of] >= THRESHOLD) / chosen.sum(axis=1)

    return share


def median_absolute_error(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    errors = np.abs(labels - scores)
    order = np.argsort(errors)
    reached = weights[:, order].astype(np.float64).cumsum(axis=1)
    half, last = reached[:, -1:] / 2, len(errors) - 1
    lower = errors[order][np.minimum((reached < half).sum(axis=1), last)]
    upper = errors[order][np.minimum((reached <= half).sum(axis=1), last)]
    return np.where(half[:, 0] > 0, (lower + upper) / 2, np.nan)


def r2(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    drawn = weights.astype(np.float64)
    total = drawn.sum(axis=1)
    center = (drawn @ labels / total)[:, None]
    return 1 - drawn @ (labels - scores) ** 2 / (drawn * (labels - center) ** 2).sum(axis=1)


log_loss = _mean(_log_loss)
brier_score = _mean(_brier)
accuracy = _mean(lambda labels, scores: predicted(scores) == labels)
selection_rate = _mean(lambda _, scores: scores >= THRESHOLD)
true_positive_rate = _share_selected(1)
false_positive_rate = _share_selected(0)
mean_absolute_error = _mean(lambda labels, scores: np.abs(labels - scores))
mean_squared_error = _mean(lambda labels, scores: (labels - scores) ** 2)
mean_error = _mean(lambda labels, scores: scores - labels)


def root_mean_squared_error(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.sqrt(mean_squared_error(labels, scores, weights))
    return found

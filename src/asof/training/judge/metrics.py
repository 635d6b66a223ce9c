"""The metrics of a spec, each as a function of labels and scores; None where a metric is not defined.

Labels have shape (rows,): 0 and 1, codes of classes, or numbers. Scores have shape (rows,): probabilities of the positive
class, or numbers; for several classes (rows, classes). `resampling.py` has the same metrics for many resamples at once.
"""

from collections.abc import Callable

import numpy as np
import sklearn.metrics as sk

from asof.metrics.names import Problem

Metric = Callable[[np.ndarray, np.ndarray], float]

# Where a score of 0 or 1 says what was decided (`decided`); the threshold itself is the spec's
THRESHOLD = 0.5
BINS = 10

# The binary metrics that depend on which scores count as true
_OF_DECISIONS = {"accuracy", "balanced_accuracy", "selection_rate", "true_positive_rate", "false_positive_rate"}


def confidence_bins(confidence: np.ndarray) -> np.ndarray:
    """Which of the equal-width bins of [0, 1] each probability lies in; 1.0 lies in the last."""
    return np.minimum((confidence * BINS).astype(int), BINS - 1)


def calibration_error(outcomes: np.ndarray, confidence: np.ndarray) -> float:
    """Expected calibration error: mean of |observed share - mean score| over equal-width bins, weighted by their rows.

    Naeini, Cooper, Hauskrecht: Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015.
    outcomes and confidence have shape (rows,).
    """
    gaps = np.bincount(confidence_bins(confidence), weights=outcomes - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(outcomes))


def _rate(of: float) -> Metric:
    """The share of rows with the label `of` that are predicted positive."""

    def rate(labels: np.ndarray, scores: np.ndarray) -> float:
        return float((scores[labels == of] >= THRESHOLD).mean())

    return rate


_BINARY: dict[str, Metric] = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "log_loss": lambda labels, scores: sk.log_loss(labels, scores, labels=[0, 1]),
    "brier_score": sk.brier_score_loss,
    "calibration_error": calibration_error,
    "accuracy": lambda labels, scores: sk.accuracy_score(labels, scores >= THRESHOLD),
    "balanced_accuracy": lambda labels, scores: sk.recall_score(
        labels, scores >= THRESHOLD, labels=np.unique(labels), average="macro", zero_division=0
    ),
    "selection_rate": lambda _, scores: (scores >= THRESHOLD).mean(),
    "true_positive_rate": _rate(1),
    "false_positive_rate": _rate(0),
}

_MULTICLASS: dict[str, Metric] = {
    "accuracy": lambda labels, scores: sk.accuracy_score(labels, scores.argmax(axis=1)),
    "balanced_accuracy": lambda labels, scores: sk.recall_score(
        labels, scores.argmax(axis=1), labels=np.unique(labels), average="macro", zero_division=0
    ),
    "f1_macro": lambda labels, scores: sk.f1_score(
        labels, scores.argmax(axis=1), labels=range(scores.shape[1]), average="macro", zero_division=0
    ),
    "roc_auc_ovr": lambda labels, scores: np.mean(
        [sk.roc_auc_score(labels == code, scores[:, code]) for code in range(scores.shape[1])]
    ),
    "log_loss": lambda labels, scores: sk.log_loss(labels, scores, labels=range(scores.shape[1])),
    "brier_score": lambda labels, scores: sk.brier_score_loss(
        labels, scores, labels=range(scores.shape[1]), scale_by_half=False
    ),
    # of the class that is predicted, with its probability (Guo and others: On calibration of modern networks, 2017)
    "calibration_error": lambda labels, scores: calibration_error(
        (scores.argmax(axis=1) == labels).astype(float), scores.max(axis=1)
    ),
}

_REGRESSION: dict[str, Metric] = {
    "mean_absolute_error": sk.mean_absolute_error,
    "root_mean_squared_error": sk.root_mean_squared_error,
    "median_absolute_error": sk.median_absolute_error,
    "r2": sk.r2_score,
    "mean_error": lambda labels, scores: (scores - labels).mean(),
}

# Those of `spec/metric_names.py`; a test holds that the two agree.
FUNCTIONS: dict[Problem, dict[str, Metric]] = {
    "binary": _BINARY,
    "multiclass": _MULTICLASS,
    "regression": _REGRESSION,
}

_NEEDS_BOTH_CLASSES = {"roc_auc", "average_precision"}
_NEEDS_CLASS = {"true_positive_rate": 1, "false_positive_rate": 0}
_NEEDS_TWO_ROWS = {"r2"}


def decided(problem: Problem, metric: str, scores: np.ndarray, threshold: float) -> np.ndarray:
    """The scores as a metric takes them: of one that is about decisions, 1 from the threshold on and 0 below it."""
    return (scores >= threshold).astype(float) if problem == "binary" and metric in _OF_DECISIONS else scores


def measure(
    problem: Problem, metric: str, labels: np.ndarray, scores: np.ndarray, threshold: float = THRESHOLD
) -> float | None:
    """The value of a metric on these rows, None where it is not defined on them.

    `threshold` is the score from which a binary prediction is true, as `ModelSpec.threshold` says.
    """
    if len(labels) < (2 if metric in _NEEDS_TWO_ROWS else 1):
        return None
    if metric in _NEEDS_BOTH_CLASSES and len(np.unique(labels)) < 2:
        return None
    if metric in _NEEDS_CLASS and not (labels == _NEEDS_CLASS[metric]).any():
        return None
    if metric == "roc_auc_ovr" and len(np.unique(labels)) < scores.shape[1]:
        return None
    return float(FUNCTIONS[problem][metric](labels, decided(problem, metric, scores, threshold)))

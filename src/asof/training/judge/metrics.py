"""The metrics of a spec, each as a function of labels and scores; None where a metric is not defined."""

from collections.abc import Callable

import numpy as np
import sklearn.metrics as sk

Metric = Callable[[np.ndarray, np.ndarray], float]


def calibration_error(labels: np.ndarray, scores: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean of |observed share - mean score| over equal-width bins, weighted by their rows.

    Naeini, Cooper, Hauskrecht: Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015.
    labels and scores have shape (rows,).
    """
    index = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = np.bincount(index, weights=labels - scores, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def _log_loss(labels: np.ndarray, scores: np.ndarray) -> float:
    return float(sk.log_loss(labels, scores, labels=[0, 1]))


# Those of `spec/metric_names.py`; a test holds that the two agree.
FUNCTIONS: dict[str, Metric] = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "log_loss": _log_loss,
    "brier_score": sk.brier_score_loss,
    "calibration_error": calibration_error,
    "mean_absolute_error": sk.mean_absolute_error,
    "root_mean_squared_error": sk.root_mean_squared_error,
    "median_absolute_error": sk.median_absolute_error,
    "r2": sk.r2_score,
}

_NEEDS_BOTH_CLASSES = {"roc_auc", "average_precision"}
_NEEDS_TWO_ROWS = {"r2"}


def measure(metric: str, labels: np.ndarray, scores: np.ndarray) -> float | None:
    """The value of a metric on these rows, None where it is not defined on them."""
    if metric in _NEEDS_BOTH_CLASSES and len(np.unique(labels)) < 2:
        return None
    if len(labels) < (2 if metric in _NEEDS_TWO_ROWS else 1):
        return None
    return float(FUNCTIONS[metric](labels, scores))

"""The metrics as functions of labels and scores; `metric.py` says of what shapes, and calls them by their names.

Scores with one dimension are probabilities of the positive class, or numbers; with two, of several classes.
"""

import numpy as np
import sklearn.metrics as sk
from sklearn.metrics import average_precision_score as average_precision
from sklearn.metrics import mean_absolute_error, mean_squared_error, median_absolute_error, root_mean_squared_error
from sklearn.metrics import r2_score as r2
from sklearn.metrics import roc_auc_score as roc_auc

from asof.metrics.metric import THRESHOLD

__all__ = [
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "brier_score",
    "calibration_error",
    "f1_macro",
    "false_positive_rate",
    "log_loss",
    "mean_absolute_error",
    "mean_error",
    "mean_squared_error",
    "median_absolute_error",
    "r2",
    "roc_auc",
    "roc_auc_ovr",
    "root_mean_squared_error",
    "selection_rate",
    "true_positive_rate",
]

BINS = 10


def predicted(scores: np.ndarray) -> np.ndarray:
    """The predicted class of each row: its code, or 0 and 1."""
    return (scores >= THRESHOLD).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)


def confidence_bins(confidence: np.ndarray) -> np.ndarray:
    """Which of the equal-width bins of [0, 1] each probability lies in; 1.0 lies in the last."""
    return np.minimum((confidence * BINS).astype(int), BINS - 1)


def confidences(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was expected with which probability, and whether it was so: of several classes that of the predicted class.

    Guo and others: On calibration of modern neural networks, ICML 2017.
    """
    if scores.ndim == 1:
        return scores, labels
    return scores.max(axis=1), (scores.argmax(axis=1) == labels).astype(float)


def calibration_error(labels: np.ndarray, scores: np.ndarray) -> float:
    """Expected calibration error: mean of |observed share - mean score| over equal-width bins, weighted by their rows.

    Naeini, Cooper, Hauskrecht: Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015.
    """
    confidence, outcomes = confidences(labels, scores)
    gaps = np.bincount(confidence_bins(confidence), weights=outcomes - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(outcomes))


def log_loss(labels: np.ndarray, scores: np.ndarray) -> float:
    return float(sk.log_loss(labels, scores, labels=_classes(scores)))


def brier_score(labels: np.ndarray, scores: np.ndarray) -> float:
    if scores.ndim == 1:
        return float(sk.brier_score_loss(labels, scores))
    return float(sk.brier_score_loss(labels, scores, labels=_classes(scores), scale_by_half=False))


def accuracy(labels: np.ndarray, scores: np.ndarray) -> float:
    return float(sk.accuracy_score(labels, predicted(scores)))


def balanced_accuracy(labels: np.ndarray, scores: np.ndarray) -> float:
    """The mean recall of the classes that occur."""
    return float(sk.recall_score(labels, predicted(scores), labels=np.unique(labels), average="macro", zero_division=0))


def f1_macro(labels: np.ndarray, scores: np.ndarray) -> float:
    return float(sk.f1_score(labels, predicted(scores), labels=_classes(scores), average="macro", zero_division=0))


def roc_auc_ovr(labels: np.ndarray, scores: np.ndarray) -> float:
    """The mean over the classes of ROC AUC of one against the rest."""
    return float(np.mean([roc_auc(labels == code, scores[:, code]) for code in _classes(scores)]))


def selection_rate(_: np.ndarray, scores: np.ndarray) -> float:
    return float((scores >= THRESHOLD).mean())


def true_positive_rate(labels: np.ndarray, scores: np.ndarray) -> float:
    return selection_rate(labels, scores[labels == 1])


def false_positive_rate(labels: np.ndarray, scores: np.ndarray) -> float:
    return selection_rate(labels, scores[labels == 0])


def mean_error(labels: np.ndarray, scores: np.ndarray) -> float:
    return float((scores - labels).mean())


def _classes(scores: np.ndarray) -> range:
    return range(2 if scores.ndim == 1 else scores.shape[1])

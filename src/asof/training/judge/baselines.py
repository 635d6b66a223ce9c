"""What a candidate must be better than: the prior, which knows no features, and a linear model on the same features."""

import logging
import warnings
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from asof.errors import EstimatorError, in_short
from asof.estimators import linear_pipeline
from asof.metrics.metric import Problem
from asof.scoring.score import score
from asof.training.data.dataset import Dataset, Part

log = logging.getLogger("asof")

_MAX_ROWS = 10_000


def prior_scores(dataset: Dataset, problem: Problem, part: Part) -> np.ndarray:
    """What scikit-learn's dummy estimators say of every row: the share of each class, or the mean, of the training labels."""
    labels, rows = dataset.train.labels, np.zeros((len(part.labels), 1))
    dummy = DummyRegressor() if problem == "regression" else DummyClassifier(strategy="prior")
    dummy.fit(np.zeros((len(labels), 1)), labels)
    if problem == "regression":
        return np.asarray(dummy.predict(rows), dtype=np.float64)
    shares = np.zeros((len(rows), max(2, len(dataset.classes))))
    shares[:, dummy.classes_.astype(int)] = dummy.predict_proba(rows)
    return shares if problem == "multiclass" else shares[:, 1]


def fit_linear(dataset: Dataset, problem: Problem) -> Any | None:
    """A regularised linear or logistic regression on at most 10,000 training rows, evenly spread over their time.

    More rows change a linear model of some dozens of columns by less than its distance from a good one. None where it
    cannot be fitted, with a warning that says why: it is there to compare with, and no run fails because of it.
    """
    sample = dataset.train.sample(_MAX_ROWS)
    linear = Ridge() if problem == "regression" else LogisticRegression(max_iter=200)
    estimator = linear_pipeline(dataset.schema, linear)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            return estimator.fit(sample.frame(dataset.schema), sample.labels)
        except (ValueError, FloatingPointError) as error:  # such as infinite values, which trees may take
            log.warning("there is no linear model to compare with: %s", in_short(error))
            return None


def linear_scores(linear: Any | None, dataset: Dataset, problem: Problem, part: Part) -> np.ndarray | None:
    """What the linear model says of these rows, None where there is none or it refuses them, with a warning."""
    if linear is None:
        return None
    try:
        return score(linear, part.frame(dataset.schema), problem, "the linear baseline")
    except EstimatorError as error:
        log.warning("the candidate is not compared with a linear model: %s", error)
        return None

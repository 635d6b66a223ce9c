"""How a fitted estimator becomes scores: the same for evaluation, parity checks and inference."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from asof.errors import EstimatorError, in_short
from asof.metrics.metric import Problem


def score(estimator: Any, frame: pd.DataFrame, problem: Problem, owner: str) -> np.ndarray:
    """Scores as float64: the probability of the positive class or the predicted value, shape (rows,); of several classes
    the probability of each, shape (rows, classes).

    Raises EstimatorError when the estimator refuses these rows, or gives one a score that is no finite number.
    """
    with failing_as(owner, len(frame)):
        scores = np.asarray(raw_scores(estimator, frame, problem), dtype=np.float64)
    wanted = (len(frame), len(estimator.classes_)) if problem == "multiclass" else (len(frame),)
    if scores.shape != wanted:
        raise EstimatorError(
            f"{owner}: the fitted estimator gives scores of shape {scores.shape} for {len(frame)} rows"
        )
    return finite(scores, owner)


def finite(scores: np.ndarray, owner: str) -> np.ndarray:
    """The scores. Raises EstimatorError when a row has one that is no finite number."""
    broken = int((~np.isfinite(scores.reshape(len(scores), -1)).all(axis=1)).sum())
    if broken:
        raise EstimatorError(
            f"{owner}: the fitted estimator gives {broken} of {len(scores)} rows a score of NaN or infinity"
        )
    return scores


@contextmanager
def failing_as(owner: str, rows: int) -> Iterator[None]:
    """What an estimator raises in the block as EstimatorError."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # The user's estimator may raise anything.
        raise EstimatorError(
            f"{owner}: the fitted estimator fails on {rows} rows: {in_short(error)}; "
            "it must take what it has not seen in training, such as NULLs and new categories"
        ) from error


def raw_scores(estimator: Any, frame: Any, problem: Problem) -> Any:
    """What the estimator itself says of a frame, or of the matrix that it takes."""
    if problem == "regression":
        return estimator.predict(frame)
    scores = np.asarray(estimator.predict_proba(frame))
    return scores if problem == "multiclass" else scores[:, list(estimator.classes_).index(1)]

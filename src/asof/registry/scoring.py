"""How a fitted estimator becomes scores: the same for evaluation, parity checks and inference."""

from typing import Any

import numpy as np
import pandas as pd

from asof.spec.metric_names import Problem


def score(estimator: Any, frame: pd.DataFrame, problem: Problem) -> np.ndarray:
    """Scores as float64, shape (rows,): the probability of the positive class, or the predicted value."""
    if problem == "binary":
        positive = list(estimator.classes_).index(1)
        return np.asarray(estimator.predict_proba(frame), dtype=np.float64)[:, positive]
    return np.asarray(estimator.predict(frame), dtype=np.float64)

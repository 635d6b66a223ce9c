"""The user's estimator: loads `build` from its file by path, builds it and fits it; mistakes there are told as such."""

import runpy
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asof.errors import EstimatorError, did_you_mean, in_short
from asof.spec.metric_names import Problem
from asof.warehouse.schema import FeatureSchema


def build_estimator(root: Path, reference: str, schema: FeatureSchema, problem: Problem) -> Any:
    """The unfitted estimator that `training/<file>.py:<function>` returns for these columns.

    Raises EstimatorError when the file or function is missing, fails, or returns something that cannot be fitted or
    does not give what the problem needs.
    """
    file, function = reference.split(":")
    path = root / file
    if not path.is_file():
        raise EstimatorError(f"estimator {reference}: there is no file {path}")
    with _told_as(f"estimator {reference}", path):
        names = runpy.run_path(str(path))
    if not callable(names.get(function)):
        near = did_you_mean(function, (name for name, value in names.items() if callable(value) and name[0] != "_"))
        raise EstimatorError(
            f"estimator {reference}: {file} has no function '{function}'{near}; write: def {function}(schema): ..."
        )
    with _told_as(f"estimator {reference}", path):
        estimator = names[function](schema)
    if not hasattr(estimator, "fit") or not hasattr(estimator, "predict"):
        raise EstimatorError(
            f"estimator {reference}: {function}(schema) returned {type(estimator).__name__}, "
            "expected a scikit-learn estimator with fit and predict"
        )
    if problem == "binary" and not hasattr(estimator, "predict_proba"):
        raise EstimatorError(
            f"estimator {reference}: {function}(schema) returned {type(estimator).__name__}, which has no predict_proba; "
            "a binary problem needs probabilities: take a classifier that has them, or wrap it in CalibratedClassifierCV"
        )
    return estimator


def fit_estimator(estimator: Any, frame: pd.DataFrame, labels: np.ndarray, root: Path, reference: str) -> Any:
    """The estimator fitted on these rows. Raises EstimatorError when it refuses them."""
    with _told_as(f"estimator {reference}", root / reference.split(":", maxsplit=1)[0]):
        return estimator.fit(frame, labels)


@contextmanager
def _told_as(owner: str, path: Path) -> Iterator[None]:
    try:
        yield
    # The user's code may raise anything, or call exit(); what it raises is told with the line in their file.
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f" (line {lines[-1]})" if lines else ""
        raise EstimatorError(f"{owner} failed{where}: {in_short(error)}") from error

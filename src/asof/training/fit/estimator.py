"""The user's estimator file: loads functions from it by path and calls them; mistakes there are told as such."""

import runpy
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asof.errors import AsofError, EstimatorError, did_you_mean, in_short
from asof.spec.metric_names import Problem
from asof.warehouse.schema import FeatureSchema


def load_function(root: Path, reference: str, argument: str) -> Callable[..., Any]:
    """The function that `training/<file>.py:<function>` names.

    Raises EstimatorError when the file is missing or fails, or has no such function.
    """
    file, function = reference.split(":")
    path = root / file
    if not path.is_file():
        raise EstimatorError(f"estimator {reference}: there is no file {path}")
    with told_as(f"estimator {reference}", path):
        names = runpy.run_path(str(path))
    found = names.get(function)
    if not callable(found):
        near = did_you_mean(function, (name for name, value in names.items() if callable(value) and name[0] != "_"))
        raise EstimatorError(
            f"estimator {reference}: {file} has no function '{function}'{near}; write: def {function}({argument}): ..."
        )
    return found


def build_estimator(
    root: Path, reference: str, schema: FeatureSchema, problem: Problem, parameters: Mapping[str, Any] | None = None
) -> Any:
    """The unfitted estimator that `training/<file>.py:<function>` returns for these columns, with parameters set on it.

    Raises EstimatorError when the file or function is missing, fails, or returns something that cannot be fitted, has no
    such parameter, or does not give what the problem needs.
    """
    build = load_function(root, reference, "schema")
    file, function = reference.split(":")
    with told_as(f"estimator {reference}", root / file):
        estimator = build(schema)
    if not hasattr(estimator, "fit") or not hasattr(estimator, "predict"):
        raise EstimatorError(
            f"estimator {reference}: {function}(schema) returned {type(estimator).__name__}, "
            "expected a scikit-learn estimator with fit and predict"
        )
    if problem != "regression" and not hasattr(estimator, "predict_proba"):
        raise EstimatorError(
            f"estimator {reference}: {function}(schema) returned {type(estimator).__name__}, which has no predict_proba; "
            f"a {problem} problem needs probabilities: take a classifier that has them, or wrap it in "
            "CalibratedClassifierCV"
        )
    if parameters and not hasattr(estimator, "get_params"):
        raise EstimatorError(
            f"estimator {reference}: {type(estimator).__name__} has no get_params, so that the spec's parameters cannot be set"
        )
    for name, value in (parameters or {}).items():
        known = estimator.get_params(deep=True)
        if name not in known:
            near = did_you_mean(name, (each for each in known if not hasattr(known[each], "fit")))
            raise EstimatorError(f"estimator {reference}: it has no parameter '{name}' of the spec's parameters{near}")
        estimator.set_params(**{name: value})
    return estimator


@contextmanager
def told_as(owner: str, path: Path) -> Iterator[None]:
    """What the user's code raises in the block, as EstimatorError with the line of their file."""
    try:
        yield
    except AsofError:
        raise
    # The user's code may raise anything, or call exit(); what it raises is told with the line in their file.
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f" (line {lines[-1]})" if lines else ""
        raise EstimatorError(f"{owner} failed{where}: {in_short(error)}") from error

"""The user's estimator: built by the function that the spec names, with the spec's parameters, and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asof.errors import EstimatorError, did_you_mean
from asof.features.signature import FeatureSchema
from asof.metrics.metric import Problem
from asof.user_code import load_function, told_as


def build_estimator(
    root: Path, reference: str, schema: FeatureSchema, problem: Problem, parameters: Mapping[str, Any] | None = None
) -> Any:
    """The unfitted estimator that `training/<file>.py:<function>` returns for these columns, with parameters set on it.

    Raises EstimatorError when the file or function is missing, fails, or returns something that cannot be fitted, has no
    such parameter, or does not give what the problem needs.
    """
    build = load_function(root, reference, "schema", "estimator", EstimatorError)
    file, function = reference.split(":")
    with told_as(f"estimator {reference}", root / file, EstimatorError):
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

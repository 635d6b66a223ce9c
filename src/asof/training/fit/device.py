"""`device: cuda`: XGBoost fits on the GPU where there is one, and nothing goes on quietly on the CPU where there is none."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from asof.errors import EstimatorError
from asof.scoring.xgb import is_xgboost


@contextmanager
def fitted_on(estimator: Any, device: Literal["cpu", "cuda"], reference: str) -> Iterator[None]:
    """For the length of the block the XGBoost parts of an estimator use a device; afterwards, to score, the CPU.

    Raises EstimatorError when there is no GPU that XGBoost can reach, or no XGBoost in the estimator.
    """
    if device == "cpu":
        yield
        return
    parts = [part for part in [estimator, *estimator.get_params(deep=True).values()] if is_xgboost(part)]
    if not parts:
        raise EstimatorError(
            f"estimator {reference}: device: {device} is for XGBoost, and there is none in it; take the key out of the spec"
        )
    _refuse_missing_gpu(device)
    for part in parts:
        part.set_params(device=device)
    yield
    for part in parts:
        part.set_params(device="cpu")
        part.get_booster().set_param({"device": "cpu"})


def _refuse_missing_gpu(device: str) -> None:
    import xgboost  # noqa: PLC0415

    reason = "this XGBoost was built without CUDA; asof[gpu] brings one with it"
    if xgboost.build_info().get("USE_CUDA"):
        tiny = xgboost.DMatrix(np.array([[0.0], [1.0]]), label=np.array([0.0, 1.0]))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                xgboost.train({"device": device}, tiny, num_boost_round=1)
            except xgboost.core.XGBoostError as error:
                reason = str(error).splitlines()[0]
            else:
                reason = next((str(each.message) for each in caught if "GPU" in str(each.message)), "")
    if reason:
        words = " ".join(reason.split())[-160:]
        raise EstimatorError(
            f"device: {device} needs a GPU that XGBoost can reach, and there is none here ({words}); "
            "say device: cpu in the spec, or train on a machine with one"
        )

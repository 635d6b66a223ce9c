"""What fitted scalers and imputers do to columns of numbers, step by step: on arrays here, as SQL in `scoring/sql`.

Each step is the arithmetic of scikit-learn's own transform in float64, in the same order, so that results are the same to
the bit.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from asof.errors import CompileError


@dataclass(frozen=True)
class Arithmetic:
    """One of + - * / with an operand for each column."""

    operator: str
    operand: np.ndarray

    def __call__(self, block: np.ndarray) -> np.ndarray:
        return _UFUNCS[self.operator](block, self.operand)


@dataclass(frozen=True)
class Clip:
    """Values brought within limits."""

    low: float
    high: float

    def __call__(self, block: np.ndarray) -> np.ndarray:
        return np.clip(block, self.low, self.high)


@dataclass(frozen=True)
class Fill:
    """NaN replaced by a value for each column; then for each column of `marks` whether it was NaN, as 0 or 1.

    Columns that are not `kept` had no value in training, and are dropped.
    """

    values: np.ndarray
    kept: np.ndarray
    marks: np.ndarray

    def __call__(self, block: np.ndarray) -> np.ndarray:
        missing = np.isnan(block)
        filled = np.where(missing, self.values, block)[:, self.kept]
        return np.hstack([filled, missing[:, self.marks].astype(np.float64)]) if len(self.marks) else filled


NumberStep = Arithmetic | Clip | Fill
_UFUNCS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


@dataclass(frozen=True)
class Output:
    """A column that comes out: the feature it is made of, or whether that is NULL."""

    feature: str
    is_mark: bool = False


@dataclass(frozen=True)
class Numbers:
    """Columns of numbers, the steps they go through, and the columns that come out, at these places of the matrix."""

    features: list[str]
    steps: list[NumberStep]
    outputs: list[Output]
    places: np.ndarray = field(repr=False)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """float64 of shape (rows, features) to shape (rows, outputs)."""
        for step in self.steps:
            block = step(block)
        return block


def read_numbers(transformer: Any, features: list[str], places: np.ndarray | None = None) -> Numbers:
    """What a fitted transformer, or none, does to these features, at these places or at all.

    Raises CompileError, which names it, for one that is not known.
    """
    steps: list[NumberStep] = []
    outputs = [Output(feature) for feature in features]
    for each in [step for _, step in transformer.steps] if isinstance(transformer, Pipeline) else [transformer]:
        for step in _steps(each, len(outputs)):
            if isinstance(step, Fill):
                marks = [Output(outputs[mark].feature, is_mark=True) for mark in step.marks]
                outputs = [outputs[kept] for kept in step.kept] + marks
            steps.append(step)
    if places is None:
        places = np.arange(len(outputs))
    if len(outputs) != len(places):
        raise CompileError(f"{type(transformer).__name__} gives {len(places)} columns, expected {len(outputs)}")
    return Numbers(features, steps, outputs, places)


def _steps(fitted: Any, width: int) -> list[NumberStep]:
    # a ColumnTransformer makes a function without one of "passthrough", a Pipeline leaves it as it is
    if fitted in (None, "passthrough") or (type(fitted) is FunctionTransformer and fitted.func is None):
        return []
    if type(fitted) is SimpleImputer:
        return _filling(fitted, width)
    if type(fitted) is StandardScaler:
        return [*_given("-", fitted.mean_, fitted.with_mean), *_given("/", fitted.scale_, fitted.with_std)]
    if type(fitted) is RobustScaler:
        return [*_given("-", fitted.center_, fitted.with_centering), *_given("/", fitted.scale_, fitted.with_scaling)]
    if type(fitted) is MaxAbsScaler:
        return [Arithmetic("/", fitted.scale_), *([Clip(-1.0, 1.0)] if getattr(fitted, "clip", False) else [])]
    if type(fitted) is MinMaxScaler:
        clip = [Clip(*map(float, fitted.feature_range))] if fitted.clip else []
        return [Arithmetic("*", fitted.scale_), Arithmetic("+", fitted.min_), *clip]
    raise CompileError(f"{type(fitted).__name__} for numbers")


def _given(operator: str, operand: Any, used: bool) -> list[NumberStep]:
    return [Arithmetic(operator, np.asarray(operand, dtype=np.float64))] if used else []


def _filling(fitted: SimpleImputer, width: int) -> list[NumberStep]:
    missing = fitted.missing_values
    if not (isinstance(missing, float) and np.isnan(missing)):
        raise CompileError(f"SimpleImputer with missing_values={missing!r}")
    values = np.asarray(fitted.statistics_, dtype=np.float64)
    empty = np.isnan(values) if not fitted.keep_empty_features else np.zeros(width, dtype=bool)
    marks = fitted.indicator_.features_ if fitted.add_indicator else np.array([], dtype=int)
    return [Fill(values, np.flatnonzero(~empty), np.asarray(marks, dtype=int))]

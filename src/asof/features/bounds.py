"""The range of numbers that features may have, in training and in scoring alike: that of a 32-bit float.

XGBoost computes in 32-bit floats and silently reads a greater number as infinity. Most other estimators refuse infinity.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from asof.errors import DataError
from asof.features.signature import Feature
from asof.warehouse.sql import quoted

LARGEST = 3.4028234663852886e38  # of IEEE 754 binary32, (2 - 2^-23) * 2^127


def has_bounds(feature: Feature) -> bool:
    """Whether a feature's type can exceed the range: float32 (by infinity) and float64."""
    return feature.type in {"float32", "float64"}


def is_beyond(column: str) -> str:
    """SQL predicate: a column's value is outside the range. NaN is inside."""
    name = quoted(column)
    return f"(not isnan({name}) and abs({name}) > {LARGEST!r})"


def refuse_beyond(features: Iterable[Feature], columns: Sequence[Any], owner: str) -> None:
    """Raises DataError naming the first feature whose Arrow column has a value outside the range."""
    for feature, column in zip(features, columns, strict=True):
        if not has_bounds(feature) or not pa.types.is_floating(column.type):
            continue
        values = column.to_numpy(zero_copy_only=False)
        if len(values):  # NaN is passed over
            low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
            if low < -LARGEST or high > LARGEST:
                raise beyond(feature.name, low if low < -LARGEST else high, owner)


def beyond(feature: str, value: float, owner: str) -> DataError:
    return DataError(
        f"{owner}: the feature '{feature}' has the value {value:g}, which a 32-bit float cannot hold; in the feature "
        f"view make it NULL, or limit it: least(greatest({quoted(feature)}, -1e30), 1e30)"
    )

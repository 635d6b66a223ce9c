"""Which numbers can be features: those that a 32-bit float holds, in training and in scoring alike.

XGBoost computes in 32-bit floats, and would take a greater number for infinity without a word; others refuse infinity.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from asof.errors import DataError
from asof.warehouse.connection import quoted
from asof.warehouse.schema import Feature

LARGEST = 3.4028234663852886e38  # of IEEE 754 binary32, (2 - 2^-23) * 2^127


def has_bounds(feature: Feature) -> bool:
    """Whether a feature is of a type that goes beyond: the floating-point numbers."""
    return feature.type in {"float32", "float64"}


def is_beyond(column: str) -> str:
    """Whether a column is beyond what a 32-bit float holds, as SQL. NaN is not."""
    name = quoted(column)
    return f"(not isnan({name}) and abs({name}) > {LARGEST!r})"


def refuse_beyond(features: Iterable[Feature], columns: Sequence[Any], owner: str) -> None:
    """Raises DataError where an Arrow column has a number that a 32-bit float cannot hold, naming the feature."""
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
        f"{owner}: the feature '{feature}' has the value {value:g}, which a 32-bit float cannot hold; make it NULL in the feature "
        f"view where it is none, or cut it: least(greatest({feature}, -1e30), 1e30)"
    )

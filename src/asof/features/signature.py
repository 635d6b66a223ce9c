"""The columns that a model version reads, and the one way in which they become a frame, in training and inference."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import ibis.expr.datatypes as dt
import numpy as np
import pandas as pd
import pyarrow as pa

from asof.errors import DataError, SignatureError

FeatureKind = Literal["numeric", "boolean", "categorical"]

_DUCKDB_TYPES = {
    "boolean": "BOOLEAN",
    **{f"int{bits}": name for bits, name in ((8, "TINYINT"), (16, "SMALLINT"), (32, "INTEGER"), (64, "BIGINT"))},
    **{f"uint{bits}": name for bits, name in ((8, "UTINYINT"), (16, "USMALLINT"), (32, "UINTEGER"), (64, "UBIGINT"))},
    "float32": "FLOAT",
    "float64": "DOUBLE",
}


@dataclass(frozen=True)
class Feature:
    """One feature column: its name, its type in the warehouse (in Ibis' words) and its kind."""

    name: str
    type: str
    kind: FeatureKind

    @property
    def duckdb_type(self) -> str:
        """Its type in DuckDB's words."""
        if self.type in _DUCKDB_TYPES:
            return _DUCKDB_TYPES[self.type]
        return self.type.upper() if self.type.startswith("decimal") else "VARCHAR"


@dataclass(frozen=True)
class FeatureSchema:
    """The features of a model, in the order in which its estimator gets them.

    The estimator gets a pandas frame with one column each: numeric and boolean columns as float64 with NaN for NULL,
    categorical columns as Python strings with None for NULL.
    """

    features: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        return [feature.name for feature in self.features]

    @property
    def numeric(self) -> list[str]:
        """Names of the columns that are numbers, booleans among them."""
        return [feature.name for feature in self.features if feature.kind != "categorical"]

    @property
    def categorical(self) -> list[str]:
        """Names of the columns that are text."""
        return [feature.name for feature in self.features if feature.kind == "categorical"]

    def frame(self, rows: pa.Table) -> pd.DataFrame:
        """The rows as the estimator gets them; shape (number of rows, number of features)."""
        return pd.DataFrame({feature.name: _values(rows[feature.name], feature.kind) for feature in self.features})

    def check(self, columns: Iterable[tuple[str, dt.DataType]], owner: str) -> None:
        """Raises SignatureError when a column is missing or has another type than the one that was learned from."""
        now = {name: str(type_.copy(nullable=True)) for name, type_ in columns}
        for feature in self.features:
            if feature.name not in now:
                raise SignatureError(
                    f"{owner}: the column '{feature.name}' that the version was trained on is gone; train again"
                )
            if now[feature.name] != feature.type:
                raise SignatureError(
                    f"{owner}: the column '{feature.name}' is {now[feature.name]}, the version was trained on "
                    f"{feature.type}; cast it back, or train again"
                )


def feature_schema(columns: Iterable[tuple[str, dt.DataType]], owner: str) -> FeatureSchema:
    """The schema of these columns. Raises DataError for a column of a type that cannot be a feature."""
    return FeatureSchema(
        tuple(Feature(name, str(type_.copy(nullable=True)), _kind(name, type_, owner)) for name, type_ in columns)
    )


def _kind(name: str, type_: dt.DataType, owner: str) -> FeatureKind:
    if type_.is_boolean():
        return "boolean"
    if type_.is_numeric():
        return "numeric"
    if type_.is_string():
        return "categorical"
    raise DataError(
        f"{owner}: the column '{name}' is {type_}, which cannot be a feature (numbers, booleans and text can); "
        f"derive a number from it in the view, or leave it out: features: {{exclude: [{name}]}} in the model spec"
    )


def _values(column: pa.ChunkedArray, kind: FeatureKind) -> "np.ndarray | pd.Series":
    if kind == "categorical":
        # Named object: pandas 3 would make its own text type of it and NaN of None.
        return pd.Series(_texts(column), dtype=object)
    numbers: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def _texts(column: pa.ChunkedArray) -> np.ndarray:
    """Text as Python strings, one object per distinct value and None for NULL."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = encoded.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # of no chunk at all
        return np.empty(0, dtype=object)
    values = np.append(whole.dictionary.to_numpy(zero_copy_only=False).astype(object), [None])
    codes: np.ndarray = whole.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)
    found: np.ndarray = values[codes]
    return found

"""Arrow columns as the float32 matrix that XGBoost reads: texts by a table of their codes, numbers as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asof.scoring.coded import CodedColumns
from asof.warehouse.schema import FeatureSchema

_UNSEEN = "\x00 no category has this name"


@dataclass(frozen=True)
class Coding:
    """The categories of a text column, and the code of each; then that of any other text, and last that of NULL."""

    categories: pa.Array
    codes: np.ndarray

    @classmethod
    def of(cls, columns: CodedColumns, name: str) -> "Coding | None":
        """Of a column of a fitted encoder; None for a column that is passed on."""
        encode = columns.encoder(name)
        if encode is None:
            return None
        known = [value for value in columns.categories(name) if isinstance(value, str)]
        return cls(pa.array(known, pa.string()), encode([*known, _UNSEEN, None]).astype(np.float32))

    def __call__(self, column: pa.Array) -> np.ndarray:
        """The codes of a column, shape (rows,), float32."""
        unseen = len(self.categories)
        positions = pc.index_in(column, value_set=self.categories).fill_null(unseen).to_numpy(zero_copy_only=False)
        if column.null_count:
            positions = np.where(column.is_null().to_numpy(zero_copy_only=False), unseen + 1, positions)
        coded: np.ndarray = self.codes[positions]
        return coded


@dataclass(frozen=True)
class Matrix:
    """Makes matrices of shape (rows, columns) in the order in which the trees get their columns."""

    names: list[str]
    positions: list[int]  # of each column among the features of the schema
    codings: list[Coding | None]

    @classmethod
    def of(cls, columns: CodedColumns, schema: FeatureSchema) -> "Matrix | None":
        """None where an encoder refuses texts that it has not seen, which it has to do itself."""
        if not all(columns.takes_the_unseen(name) for name in columns.names):
            return None
        positions = [schema.names.index(name) for name in columns.names]
        return cls(columns.names, positions, [Coding.of(columns, name) for name in columns.names])

    def __call__(self, columns: Sequence[Any]) -> np.ndarray:
        """`columns` are the features in the order of the schema."""
        matrix = np.empty((len(columns[0]), len(self.names)), dtype=np.float32)
        with np.errstate(over="ignore"):  # to infinity, as XGBoost itself does it
            for place, (position, coding) in enumerate(zip(self.positions, self.codings, strict=True)):
                column = columns[position]
                if coding is not None:
                    matrix[:, place] = coding(column)
                else:
                    matrix[:, place] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return matrix

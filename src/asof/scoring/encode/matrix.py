"""Arrow columns as the float32 matrix that XGBoost reads, for fitting from batches and for scoring alike: texts by tables,
numbers by the arithmetic of their scalers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asof.features.signature import FeatureSchema
from asof.scoring.encode.columns import Columns
from asof.scoring.encode.numbers import Numbers
from asof.scoring.encode.texts import UNSEEN, Text


@dataclass(frozen=True)
class _TextFiller:
    """A text column of the schema, looked up in its table."""

    position: int
    values: pa.Array
    table: np.ndarray
    places: slice | np.ndarray
    refused: frozenset[str | None]

    @classmethod
    def of(cls, text: Text, schema: FeatureSchema) -> "_TextFiller":
        values = pa.array(text.values, pa.string())
        return cls(
            schema.names.index(text.feature),
            values,
            text.table.astype(np.float32),
            _together(text.places),
            text.refused,
        )

    def fill(self, columns: Sequence[Any], matrix: np.ndarray) -> None:
        column, unseen = columns[self.position], len(self.values)
        found = pc.index_in(column, value_set=self.values).fill_null(unseen).to_numpy(zero_copy_only=False)
        if column.null_count:
            found = np.where(column.is_null().to_numpy(zero_copy_only=False), unseen + 1, found)
        matrix[:, self.places] = self.table.take(found, axis=0)

    def on(self, dictionary: pa.Array) -> "_CodeFiller":
        """The same for columns that are all coded by one dictionary, whose texts are looked up once."""
        found = pc.index_in(dictionary, value_set=self.values).fill_null(len(self.values))
        rows = np.append(found.to_numpy(zero_copy_only=False), len(self.values) + 1)
        return _CodeFiller(self.position, self.table.take(rows, axis=0), self.places)


@dataclass(frozen=True)
class _CodeFiller:
    """A text column that Arrow has coded: `table` has a row for each value of its dictionary, then one for NULL."""

    position: int
    table: np.ndarray
    places: slice | np.ndarray

    def fill(self, columns: Sequence[Any], matrix: np.ndarray) -> None:
        codes = columns[self.position].indices.cast(pa.int32()).fill_null(len(self.table) - 1)
        matrix[:, self.places] = self.table.take(codes.to_numpy(zero_copy_only=False), axis=0)


@dataclass(frozen=True)
class _NumberFiller:
    """Columns of numbers of the schema, and what becomes of them."""

    positions: list[int]
    numbers: Numbers
    places: slice | np.ndarray

    def fill(self, columns: Sequence[Any], matrix: np.ndarray) -> None:
        block = np.empty((len(matrix), len(self.positions)))
        for place, position in enumerate(self.positions):
            block[:, place] = columns[position].cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        with np.errstate(over="ignore"):  # to infinity, as XGBoost itself does it
            matrix[:, self.places] = self.numbers(block)


@dataclass(frozen=True)
class Matrix:
    """Makes matrices of shape (rows, width) from the features in the order of the schema."""

    width: int
    fillers: list[_TextFiller | _CodeFiller | _NumberFiller]
    sources: list[str]

    @classmethod
    def of(cls, columns: Columns, schema: FeatureSchema) -> "Matrix":
        numbers = [
            _NumberFiller([schema.names.index(name) for name in block.features], block, _together(block.places))
            for block in columns.numbers
        ]
        return cls(columns.width, [*(_TextFiller.of(t, schema) for t in columns.texts), *numbers], columns.sources)

    def refuse_unknown(self, position: int, texts: Sequence[str | None], name: str) -> None:
        """Raises ValueError for texts of a column of the schema that its encoder refuses, as the encoder itself does."""
        for filler in self.fillers:
            if isinstance(filler, _TextFiller) and filler.position == position and filler.refused:
                known = set(filler.values.to_pylist())
                unknown = [
                    text
                    for text in texts
                    if text not in known and (UNSEEN if text is not None else None) in filler.refused
                ]
                if unknown:
                    raise ValueError(f"Found unknown categories {unknown[:5]} in column '{name}'")

    def on(self, dictionaries: Mapping[int, pa.Array]) -> "Matrix":
        """The same for rows whose texts are coded by these dictionaries, by their places in the schema."""
        return replace(
            self,
            fillers=[
                filler.on(dictionaries[filler.position])
                if isinstance(filler, _TextFiller) and filler.position in dictionaries
                else filler
                for filler in self.fillers
            ],
        )

    def __call__(self, columns: Sequence[Any]) -> np.ndarray:
        matrix = np.empty((len(columns[0]), self.width), dtype=np.float32)
        for filler in self.fillers:
            filler.fill(columns, matrix)
        return matrix


def _together(places: np.ndarray) -> slice | np.ndarray:
    """Places that follow each other as a slice, which NumPy fills faster."""
    first = int(places[0]) if len(places) else 0
    together = np.array_equal(places, np.arange(first, first + len(places)))
    return slice(first, first + len(places)) if together else places

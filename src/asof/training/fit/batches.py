"""Rows of a part as batches of float32 for XGBoost, made from Arrow when it asks for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xgboost

from asof.training.data.dataset import Part
from asof.training.fit.coded import Encode

_ROWS_AT_ONCE = 131_072
# XGBoost asks for each batch five times: as many values are kept as float32 between its rounds, and made anew beyond.
_MOST_KEPT = 50_000_000


def dictionary(column: pa.ChunkedArray) -> list[str]:
    """The texts of a column of dictionaries, which all its chunks share, in the order of their codes."""
    return list(column.chunk(0).dictionary.to_pylist()) if column.num_chunks else []


def occurring(column: pa.ChunkedArray) -> list[int]:
    """The codes that occur in a column of dictionaries."""
    found: set[int] = set()
    for chunk in column.chunks:
        found.update(pc.unique(chunk.indices).drop_null().to_pylist())
    return sorted(found)


@dataclass(frozen=True)
class Column:
    """A column of the matrix: how its batch becomes float32."""

    name: str
    codes: np.ndarray | None  # of the dictionary's values, and last that of NULL

    @classmethod
    def of(cls, column: pa.ChunkedArray, name: str, encode: Encode | None) -> "Column":
        """Of the rows of one part: each part has a dictionary of its own."""
        if encode is None:
            return cls(name, None)
        values, present = dictionary(column), occurring(column)
        codes = np.full(len(values) + 1, np.nan, dtype=np.float32)
        if present:
            codes[present] = encode([values[code] for code in present])
        if column.null_count:
            codes[-1] = encode([None])[0]
        return cls(name, codes)

    def fill(self, batch: pa.RecordBatch, into: np.ndarray) -> None:
        column = batch.column(self.name)
        if self.codes is None:
            into[:] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        else:
            into[:] = self.codes[column.indices.cast(pa.int32()).fill_null(len(self.codes) - 1).to_numpy()]


class Batches(xgboost.DataIter):
    """The rows of a part, batch by batch, as often as XGBoost asks for them; what it makes of them may stay in `cache`."""

    def __init__(self, part: Part, columns: list[Column], feature_types: Any, cache: Path | None) -> None:
        self.part, self.columns, self.feature_types = part, columns, feature_types
        self.batches: Iterator[tuple[np.ndarray, np.ndarray]] = iter(())
        small = part.rows.num_rows * len(columns) <= _MOST_KEPT
        self.kept = list(self._made()) if small else None
        super().__init__(cache_prefix=str(cache / "quantiles") if cache else None, release_data=True)

    def reset(self) -> None:
        self.batches = self._made() if self.kept is None else iter(self.kept)

    def next(self, input_data: Callable[..., Any]) -> bool:
        batch = next(self.batches, None)
        if batch is None:
            return False
        input_data(data=batch[0], label=batch[1], feature_types=self.feature_types)
        return True

    def _made(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Matrices of float32, shape (rows, columns), each with its labels."""
        position = 0
        chosen = self.part.rows.select([column.name for column in self.columns])
        for batch in chosen.to_batches(max_chunksize=_ROWS_AT_ONCE):
            matrix = np.empty((batch.num_rows, len(self.columns)), dtype=np.float32)
            for number, column in enumerate(self.columns):
                column.fill(batch, matrix[:, number])
            yield matrix, self.part.labels[position : position + batch.num_rows]
            position += batch.num_rows

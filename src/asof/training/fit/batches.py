"""Rows of a part as batches of float32 for XGBoost, made from Arrow when it asks for them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xgboost

from asof.features.signature import FeatureSchema
from asof.scoring.encode.matrix import Matrix
from asof.training.data.dataset import Part

_ROWS_AT_ONCE = 131_072
# XGBoost asks for each batch five times: as many values are kept as float32 between its rounds, and made again beyond.
_MAX_KEPT = 50_000_000


def dictionary(column: pa.ChunkedArray) -> list[str]:
    """The texts of a column of dictionaries, which all its chunks share, in the order of their codes."""
    return list(column.chunk(0).dictionary.to_pylist()) if column.num_chunks else []


def occurring(column: pa.ChunkedArray) -> list[int]:
    """The codes that occur in a column of dictionaries."""
    found: set[int] = set()
    for chunk in column.chunks:
        found.update(pc.unique(chunk.indices).drop_null().to_pylist())
    return sorted(found)


def distinct(column: pa.ChunkedArray) -> list[str | None]:
    """The texts that occur in a column; its dictionary may have those of other rows, such as later ones."""
    names = dictionary(column)
    values: list[str | None] = [names[code] for code in occurring(column)]
    return [*values, None] if column.null_count or not values else values


def refuse_unknown(part: Part, schema: FeatureSchema, matrix: Matrix) -> None:
    """Raises ValueError where a part has a text that its encoder refuses, such as one of the validation split alone."""
    for name in schema.categorical:
        matrix.refuse_unknown(schema.names.index(name), distinct(part.rows[name]), name)


class MatrixBatches(xgboost.DataIter):
    """The rows of a part, batch by batch, as often as XGBoost asks for them; what it makes of them may stay in `cache`."""

    def __init__(
        self, part: Part, schema: FeatureSchema, matrix: Matrix, feature_types: Any, cache: Path | None
    ) -> None:
        self.rows, self.labels, self.feature_types = part.rows.select(schema.names), part.labels, feature_types
        # each part has dictionaries of its own
        texts = {schema.names.index(name): self.rows[name] for name in schema.categorical}
        self.matrix = matrix.on(
            {place: column.chunk(0).dictionary for place, column in texts.items() if column.num_chunks}
        )
        self.batches: Iterator[tuple[np.ndarray, np.ndarray]] = iter(())
        small = part.rows.num_rows * matrix.width <= _MAX_KEPT
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
        for batch in self.rows.to_batches(max_chunksize=_ROWS_AT_ONCE):
            yield self.matrix(batch.columns), self.labels[position : position + batch.num_rows]
            position += batch.num_rows

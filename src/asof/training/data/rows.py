"""Rows from the warehouse in narrow types: text as dictionaries with small codes, and nothing in memory twice."""

from collections.abc import Iterable
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asof.warehouse.connection import Warehouse

_ROWS_AT_ONCE = 100_000


def read_rows(warehouse: Warehouse, table: ir.Table, text: Iterable[str], spool: Path | None = None) -> pa.Table:
    """Reads a lazy table in batches; the columns in `text` come as dictionaries, where there is a row.

    With `spool`, a folder, the rows are written to a file there as they come and read from it as they are needed, so that
    there may be more of them than fit into memory.
    """
    dictionaries = {name: _Dictionary() for name in text}
    with warehouse.batches(table, _ROWS_AT_ONCE) as reader:
        schema = pa.schema(
            [pa.field(each.name, pa.int32() if each.name in dictionaries else each.type) for each in reader.schema]
        )
        batches = (_with_codes(batch, schema, dictionaries) for batch in reader)
        rows = pa.Table.from_batches(batches, schema) if spool is None else _spooled(batches, schema, spool)
    for position, name in enumerate(rows.column_names):
        if name in dictionaries:
            rows = rows.set_column(position, name, dictionaries[name].decoded(rows[name], small=spool is None))
    return rows


def _spooled(batches: Iterable[pa.RecordBatch], schema: pa.Schema, folder: Path) -> pa.Table:
    """Rows written to a file of a folder, and mapped from there."""
    path = folder / "rows.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return pa.ipc.open_stream(pa.memory_map(str(path))).read_all()


class _Dictionary:
    """The distinct texts of a column, in the order in which they came."""

    def __init__(self) -> None:
        self.values = pa.array([], pa.string())

    def codes(self, column: pa.Array) -> pa.Array:
        texts = column.cast(pa.string())
        new = pc.unique(texts.filter(pc.invert(pc.is_in(texts, value_set=self.values)))).drop_null()
        self.values = pa.concat_arrays([self.values, new])
        return pc.index_in(texts, value_set=self.values)

    def decoded(self, codes: pa.ChunkedArray, *, small: bool) -> pa.ChunkedArray:
        """The column as dictionaries, with codes as small as they can be; as they are where they are not in memory."""
        count = len(self.values)
        width = pa.int8() if count < 2**7 else pa.int16() if count < 2**15 else pa.int32()
        chunks = [
            pa.DictionaryArray.from_arrays(chunk.cast(width) if small else chunk, self.values) for chunk in codes.chunks
        ]
        return pa.chunked_array(chunks, type=pa.dictionary(width if small else pa.int32(), pa.string()))


def _with_codes(batch: pa.RecordBatch, schema: pa.Schema, dictionaries: dict[str, _Dictionary]) -> pa.RecordBatch:
    columns = [
        dictionaries[name].codes(batch.column(name)) if name in dictionaries else batch.column(name)
        for name in batch.schema.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def single_precision(table: ir.Table, numbers: Iterable[str]) -> ir.Table:
    """The table with some of its numbers as float32, rounded in the warehouse."""
    return table.mutate([table[name].cast("float64").cast("float32").name(name) for name in numbers])


def microseconds(column: pa.ChunkedArray) -> np.ndarray:
    """Instants as microseconds since 1970, shape (rows,)."""
    values: np.ndarray = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    return values

"""Rows from the warehouse in narrow types: text as dictionaries with small codes, and nothing in memory twice."""

from collections.abc import Iterable

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from asof.warehouse.connection import Warehouse

_ROWS_AT_ONCE = 100_000


def read_rows(warehouse: Warehouse, table: ir.Table, text: Iterable[str]) -> pa.Table:
    """Reads a lazy table in batches; the columns in `text` come as dictionaries, where there is a row."""
    wanted = set(text)
    with warehouse.batches(table, _ROWS_AT_ONCE) as reader:
        batches = [_with_dictionaries(batch, wanted) for batch in reader]
    if not batches:
        return reader.schema.empty_table()
    rows = pa.Table.from_batches(batches).unify_dictionaries()
    for position, name in enumerate(rows.column_names):
        if name in wanted:
            rows = rows.set_column(position, name, _with_small_codes(rows[name]))
    return rows


def single_precision(table: ir.Table, numbers: Iterable[str]) -> ir.Table:
    """The table with some of its numbers as float32, rounded in the warehouse."""
    return table.mutate(**{name: table[name].cast("float64").cast("float32") for name in numbers})


def microseconds(column: pa.ChunkedArray) -> np.ndarray:
    """Instants as microseconds since 1970, shape (rows,)."""
    values: np.ndarray = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    return values


def _with_dictionaries(batch: pa.RecordBatch, text: set[str]) -> pa.RecordBatch:
    columns = [
        batch.column(name).dictionary_encode() if name in text else batch.column(name) for name in batch.schema.names
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _with_small_codes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    values = column.chunk(0).dictionary
    codes = pa.int8() if len(values) < 2**7 else pa.int16() if len(values) < 2**15 else pa.int32()
    return pa.chunked_array(
        [pa.DictionaryArray.from_arrays(chunk.indices.cast(codes), values) for chunk in column.chunks]
    )

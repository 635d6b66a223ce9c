"""Columns that Python computes for the rows of a query: read in batches, computed on each core, read back by DuckDB.

A function in DuckDB (`scoring/function.py`) gets 2,048 rows a call. A batch here has ten times as many, which suits
XGBoost and scikit-learn better; rows are never all in memory.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa

from asof.warehouse.connection import Warehouse
from asof.warehouse.database import ERRORS

ROWS_AT_ONCE = 20_480


@dataclass(frozen=True)
class Computed:
    """A column that is computed from the features of a batch, which come as Arrow arrays in their schema's order."""

    name: str
    type: pa.DataType
    compute: Callable[[Sequence[pa.Array]], pa.Array]


@dataclass
class Batches:
    """The rows of a query with computed columns added.

    `error` is the first exception that a computation raised; DuckDB replaces it by one of its own.

    Example: `with batches.readable(warehouse, "select id, x from t", "scored"): warehouse.rows("select * from scored")`.
    """

    features: list[str]
    computed: list[Computed]
    error: BaseException | None = field(default=None, init=False)

    @contextmanager
    def readable(self, warehouse: Warehouse, sql: str, name: str) -> Iterator[None]:
        """Makes the rows a relation called `name` that one query can read, once, while the block lasts.

        `sql` sees what was committed before. Raises in the block what a computation raised, in place of DuckDB's error.
        """
        self.error = None
        with warehouse.second_connection() as source:
            # UUIDs, 128-bit integers and bits come back as what they were
            source.execute("set session arrow_lossless_conversion = true")
            workers = int(warehouse.value("select current_setting('threads')"))
            with ThreadPoolExecutor(workers) as pool:
                stream = source.sql(sql).to_arrow_reader(ROWS_AT_ONCE)
                batches = self._computed(stream, pool, workers)
                try:
                    with warehouse.named_arrow(name, pa.RecordBatchReader.from_batches(self._schema(stream), batches)):
                        yield
                except ERRORS as error:
                    if self.error is None:
                        raise
                    raise self.error from error

    @contextmanager
    def empty(self, warehouse: Warehouse, sql: str, name: str) -> Iterator[None]:
        """The same relation without a row, for what asks about its columns alone."""
        with warehouse.second_connection() as source:
            source.execute("set session arrow_lossless_conversion = true")
            stream = source.sql(f"select * from ({sql}) limit 0").to_arrow_reader(ROWS_AT_ONCE)
            with warehouse.named_arrow(name, self._schema(stream).empty_table()):
                yield

    def _schema(self, stream: pa.RecordBatchReader) -> pa.Schema:
        return pa.schema([*stream.schema, *(pa.field(each.name, each.type) for each in self.computed)])

    def _computed(
        self, stream: pa.RecordBatchReader, pool: ThreadPoolExecutor, workers: int
    ) -> Iterator[pa.RecordBatch]:
        """The batches in their order, of which at most one more than there are workers wait."""
        waiting: deque[Future[pa.RecordBatch]] = deque()
        try:
            for batch in stream:
                waiting.append(pool.submit(self._with_columns, batch))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException as error:
            self.error = self.error or error
            raise

    def _with_columns(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [batch.column(name) for name in self.features]
        for each in self.computed:
            batch = batch.append_column(each.name, each.compute(columns))
        return batch

"""An open warehouse: reads it lazily, and writes to it in transactions or not at all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from asof.dbt_files.profiles import Target
from asof.errors import DuplicateRowError, ExpressionError, WarehouseError
from asof.warehouse.opening import connect, set_session, warehouse_file
from asof.warehouse.sql import hash_of, quoted

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends.duckdb import Backend


_KINDS: dict[tuple[type[duckdb.Error], ...], type[WarehouseError]] = {
    (duckdb.ConstraintException,): DuplicateRowError,
    (
        duckdb.BinderException,
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.OutOfRangeException,
    ): ExpressionError,
}


class Warehouse:
    """An open DuckDB warehouse, as `Engine`; `ibis` reads it lazily. Close it, or use it in `with`."""

    dialect = "duckdb"
    instant_type = "timestamptz"

    def __init__(self, connection: duckdb.DuckDBPyConnection, target: Target) -> None:
        self.connection = connection
        self.target = target

    @cached_property
    def ibis(self) -> "Backend":
        """The same connection as an Ibis backend; loaded by those who read lazily."""
        import ibis  # noqa: PLC0415  # a second to load, which promoting a version need not wait for

        return ibis.duckdb.from_connection(self.connection)

    def reconnect(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Goes on with another connection; lazy tables that were made before are then read through it."""
        self.connection = self.ibis.con = connection

    @property
    def path(self) -> Path:
        return warehouse_file(self.target)

    @cached_property
    def catalog(self) -> str:
        """The name that the database has in SQL."""
        return str(self.rows("select current_database() as name")[0]["name"])

    def qualified(self, *parts: str) -> str:
        """A schema or table for SQL, with the database: a file `ml.duckdb` would else be taken for the schema `ml`."""
        return quoted(self.catalog, *parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def has_table(self, schema: str, table: str) -> bool:
        found = (
            "select 1 as found from information_schema.tables "
            "where table_catalog = ? and table_schema = ? and table_name = ?"
        )
        return bool(self.rows(found, [self.catalog, schema, table]))

    def columns(self, schema: str, table: str) -> list[str]:
        """The names of a table's columns, in their order."""
        return list(self.column_types(schema, table))

    def column_types(self, schema: str, table: str) -> dict[str, str]:
        """The columns of a table in their order, each with its type in SQL."""
        found = (
            "select column_name, data_type from information_schema.columns "
            "where table_catalog = ? and table_schema = ? and table_name = ? order by ordinal_position"
        )
        rows = self.rows(found, [self.catalog, schema, table])
        return {str(row["column_name"]): str(row["data_type"]) for row in rows}

    def table(self, schema: str, table: str) -> "ir.Table":
        """A table to read lazily."""
        return self.ibis.table(table, database=(self.catalog, schema))

    def batches(self, table: "ir.Table", rows_at_once: int) -> "AbstractContextManager[pa.RecordBatchReader]":
        """The rows of a lazy table as Arrow batches, read while the block lasts."""
        return self.read(str(self.ibis.compile(table)), rows_at_once)

    @contextmanager
    def read(self, sql: str, rows_at_once: int) -> Iterator["pa.RecordBatchReader"]:
        """The result of a query as Arrow batches of at most so many rows, while the block lasts."""
        with self._stopping():
            yield self.connection.sql(sql).to_arrow_reader(rows_at_once)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The result of a query as one dict a row. Values are bound, never pasted."""
        with self._stopping():
            cursor = self.connection.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        with self._stopping():
            self.connection.execute(sql, list(parameters) or None)

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The one value of a query of one row."""
        return next(iter(self.rows(sql, parameters)[0].values()))

    def insert(self, schema: str, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Appends rows that have the same keys, which are column names."""
        if not rows:
            return
        columns = ", ".join(quoted(name) for name in rows[0])
        marks = ", ".join("?" for _ in rows[0])
        self.connection.executemany(
            f"insert into {self.qualified(schema, table)} ({columns}) values ({marks})",
            [list(row.values()) for row in rows],
        )

    @contextmanager
    def second_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Another connection of this process, with the same session, to read from while the first one writes."""
        with self.connection.cursor() as connection:
            set_session(connection, self.target)
            yield connection

    @contextmanager
    def named_arrow(self, name: str, rows: "pa.Table | pa.RecordBatchReader") -> Iterator[None]:
        """Makes an Arrow table, or the rest of a reader once, readable in SQL under a name for as long as the block lasts."""
        self.connection.register(name, rows)
        try:
            yield
        finally:
            with suppress(duckdb.TransactionException):  # DuckDB 2.0 takes nothing after an error but a rollback
                self.connection.unregister(name)

    def limit_memory(self) -> None:
        """Lets this session spill to disk what is more than 128 MiB for each thread, so that memory does not grow with rows.

        A `memory_limit` of the target's own stays as it is.
        """
        own = {*self.target.settings["settings"], *self.target.settings["config_options"]}
        if not {"memory_limit", "max_memory"} & {str(name).lower() for name in own}:
            threads = self.value("select current_setting('threads')")
            self.execute(f"set memory_limit = '{128 * max(2, int(threads))}MiB'")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in the block is written, or nothing is; an interrupt counts as an error."""
        self.connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def hash_of(self, columns: Iterable[str]) -> str:
        return hash_of(columns)

    @contextmanager
    def translating_errors(self) -> Iterator[None]:
        """Raises what DuckDB raises in the block as a WarehouseError, or as KeyboardInterrupt for a stopped query."""
        try:
            with self._stopping():
                yield
        except duckdb.Error as error:
            kind = next((kind for names, kind in _KINDS.items() if isinstance(error, names)), WarehouseError)
            raise kind(f"the warehouse {self.path} refuses: {type(error).__name__}: {error}") from error

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Ctrl-C ends the query. DuckDB's own threads would go on with it, and whatever comes next would wait for them."""
        try:
            yield
        except RuntimeError as error:
            if "Query interrupted" not in str(error):
                raise
            self.connection.interrupt()
            raise KeyboardInterrupt from error


def open_warehouse(target: Target, *, read_only: bool = False, create: bool = False, wait: float = 60.0) -> Warehouse:
    """Opens the warehouse, waiting up to `wait` seconds while another process holds its lock.

    A missing file is made with `create`, as a loader does that comes first.

    Raises WarehouseError when the file is missing or unreadable, WarehouseLockedError when the wait was in vain.
    """
    connection = connect(target, read_only=read_only, create=create, wait=wait)
    return Warehouse(connection, target)

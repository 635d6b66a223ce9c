"""Opens the warehouse that a dbt target describes: waits for its lock, and writes in transactions or not at all."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb
import tenacity

from asof.errors import ProfileError, WarehouseError, WarehouseLockedError
from asof.warehouse.profiles import Target

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends.duckdb import Backend

log = logging.getLogger("asof")

_HOLDER = re.compile(r"held in (?P<program>\S+)(?: \(deleted\))? \(PID (?P<pid>\d+)\)")


def quoted(*parts: str) -> str:
    """A name for SQL, each part in double quotes: `quoted("ml", "metrics")` is `"ml"."metrics"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(value: str | float | datetime | None) -> str:
    """A value for SQL, where it cannot be bound: text in single quotes, an instant with its zone."""
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f"timestamptz '{value.isoformat(' ')}'"
    if isinstance(value, float):
        return f"{value!r}::double"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def warehouse_file(target: Target) -> Path:
    """The database file of a DuckDB target; a relative path counts from the project's root, where dbt runs.

    Raises ProfileError for another adapter, for a database in memory, which no second process can see, and for a relative
    path in a file elsewhere.
    """
    if target.adapter != "duckdb":
        raise ProfileError(
            f"{target.file}: target '{target.name}' is of type {target.adapter}; training and inference run on duckdb so far"
        )
    path = str(target.settings.get("path", ":memory:"))
    if path.startswith(":memory:"):
        raise ProfileError(
            f"{target.file}: target '{target.name}' is in memory; give it a path, such as path: my.duckdb"
        )
    if not Path(path).is_absolute() and target.file.parent != target.root:
        raise ProfileError(
            f"{target.file}: target '{target.name}' has the relative path {path}, which dbt counts from the folder that it "
            "runs in; write the whole path, or keep profiles.yml in the project's root"
        )
    return target.file.parent / path


class Warehouse:
    """An open warehouse. `ibis` reads it lazily; the methods here write to it. Close it, or use it in `with`."""

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
        found = (
            "select column_name from information_schema.columns "
            "where table_catalog = ? and table_schema = ? and table_name = ? order by ordinal_position"
        )
        return [str(row["column_name"]) for row in self.rows(found, [self.catalog, schema, table])]

    def table(self, schema: str, table: str) -> "ir.Table":
        """A table to read lazily."""
        return self.ibis.table(table, database=(self.catalog, schema))

    @contextmanager
    def batches(self, table: "ir.Table", rows_at_once: int) -> Iterator["pa.RecordBatchReader"]:
        """The rows of a lazy table as Arrow batches, read while the block lasts."""
        sql = str(self.ibis.compile(table))
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
            _set_session(connection, self.target)
            yield connection

    @contextmanager
    def relation(self, name: str, rows: "pa.Table | pa.RecordBatchReader") -> Iterator[None]:
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

    @contextmanager
    def told_plainly(self) -> Iterator[None]:
        """What DuckDB raises in the block, as what it means: WarehouseError, or KeyboardInterrupt for a stopped query."""
        try:
            with self._stopping():
                yield
        except duckdb.Error as error:
            raise WarehouseError(f"the warehouse {self.path} refuses: {type(error).__name__}: {error}") from error

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


def connect(target: Target, *, read_only: bool, create: bool = False, wait: float) -> duckdb.DuckDBPyConnection:
    """A connection with the target's settings and a session in UTC; as `open_warehouse`, which wraps it."""
    path = warehouse_file(target)
    if not create and not path.exists():
        raise WarehouseError(
            f"the warehouse {path} of target '{target.name}' does not exist; load the raw tables, then run: "
            "dbt build --project-dir dbt_project"
        )
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_lock),
        wait=tenacity.wait_fixed(0.25),
        stop=tenacity.stop_after_delay(wait),
        before_sleep=_say_who_holds_it,
        reraise=True,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return attempts(_connect, path, target, read_only)
    except duckdb.Error as error:
        if _is_lock(error):
            raise WarehouseLockedError(
                f"the warehouse {path} is held by {_holder(error)} and was not released within {wait:g} seconds; "
                "let it end, or wait longer with --wait SECONDS"
            ) from None
        raise WarehouseError(f"the warehouse {path} cannot be opened: {error}") from None


def _connect(path: Path, target: Target, read_only: bool) -> duckdb.DuckDBPyConnection:
    config = dict(target.settings["config_options"])
    connection = duckdb.connect(str(path), read_only=read_only, config=config)
    _set_session(connection, target)
    return connection


def _set_session(connection: duckdb.DuckDBPyConnection, target: Target) -> None:
    for name, value in target.settings["settings"].items():
        # A setting's name is a bare word in DuckDB's grammar; anything else is refused by DuckDB itself.
        connection.execute(f"set {quoted(str(name))} = ?", [value])
    connection.execute("set timezone = 'UTC'")


def _is_lock(error: BaseException) -> bool:
    """Another process has the file open, or a thread of this one has it open for the other purpose."""
    return isinstance(error, (duckdb.IOException, duckdb.ConnectionException)) and (
        "Could not set lock" in str(error) or "different configuration" in str(error)
    )


def _holder(error: BaseException) -> str:
    found = _HOLDER.search(str(error))
    if found:
        return f"{found['program']} (process {found['pid']})"
    return "another process" if isinstance(error, duckdb.IOException) else "another connection of this process"


def _say_who_holds_it(state: tenacity.RetryCallState) -> None:
    if state.attempt_number == 1 and state.outcome is not None:
        error = state.outcome.exception()
        if error is not None:
            log.warning("waiting for the warehouse, which is held by %s", _holder(error))

"""PostgreSQL as a warehouse: queries, Arrow, appending, transactions and hashes. Training and prediction do not run on it yet."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from asof.dbt_files.profiles import Target
from asof.errors import DuplicateRowError, ExpressionError, ProfileError, WarehouseError
from asof.warehouse.sql import quoted

if TYPE_CHECKING:
    import pyarrow as pa

_QUOTED_OR_MARK = re.compile(r"'[^']*'|\"[^\"]*\"|[?%]")


class PostgresWarehouse:
    """An open PostgreSQL database, as `Engine`. Close it, or use it in `with`."""

    dialect = "postgres"
    instant_type = "timestamptz"

    def __init__(self, connection: Any, target: Target) -> None:
        self.connection = connection
        self.target = target

    @classmethod
    def open(cls, target: Target) -> Self:
        """The database of a dbt target of type postgres. Raises ProfileError, WarehouseError."""
        driver = _driver()
        if target.adapter != "postgres":
            raise ProfileError(f"{target.file}: target '{target.name}' is of type {target.adapter}, expected postgres")
        named = {"host": "host", "port": "port", "user": "user", "password": "password", "dbname": "dbname"}
        settings = {ours: target.settings[theirs] for ours, theirs in named.items() if theirs in target.settings}
        try:
            connection = driver.connect(**settings, options="-c timezone=UTC")
        except driver.Error as error:
            raise WarehouseError(f"target '{target.name}' of {target.file} cannot be reached: {error}") from None
        connection.autocommit = True
        return cls(connection, target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def qualified(self, *parts: str) -> str:
        return quoted(*parts)

    def has_table(self, schema: str, table: str) -> bool:
        return bool(self.columns(schema, table))

    def columns(self, schema: str, table: str) -> list[str]:
        found = self.rows(
            "select column_name from information_schema.columns where table_schema = ? and table_name = ? "
            "order by ordinal_position",
            [schema, table],
        )
        return [row["column_name"] for row in found]

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        with self._executed(sql, parameters) as cursor:
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        with self._executed(sql, parameters):
            pass

    @contextmanager
    def read(self, sql: str, rows_at_once: int) -> Iterator["pa.RecordBatchReader"]:
        import pyarrow as pa  # noqa: PLC0415

        with self._executed(f"select * from ({sql}) as empty limit 0", ()) as cursor:
            schema = pa.schema([(column.name, _arrow_type(column.type_code)) for column in cursor.description])
        # a cursor in the server needs a transaction, and keeps no more than a batch here
        was, self.connection.autocommit = self.connection.autocommit, False
        try:
            with self.connection.cursor(name="asof_read") as cursor:
                cursor.execute(sql)
                batches = iter(lambda: cursor.fetchmany(rows_at_once), [])
                yield pa.RecordBatchReader.from_batches(schema, (_batch(rows, schema) for rows in batches))
        finally:
            if was:
                self.connection.rollback()
            self.connection.autocommit = was

    def insert(self, schema: str, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        for row in rows:
            names, marks = ", ".join(map(quoted, row)), ", ".join("?" for _ in row)
            self.execute(f"insert into {quoted(schema, table)} ({names}) values ({marks})", list(row.values()))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.connection.autocommit = False
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        else:
            self.connection.commit()
        finally:
            self.connection.autocommit = True

    def hash_of(self, columns: Iterable[str]) -> str:
        return f"hashtextextended(cast(row({', '.join(columns)}) as text), 0)"

    @contextmanager
    def translating_errors(self) -> Iterator[None]:
        driver = _driver()
        try:
            yield
        except driver.Error as error:
            kinds = {driver.IntegrityError: DuplicateRowError, driver.DataError: ExpressionError}
            kind = next((kind for known, kind in kinds.items() if isinstance(error, known)), WarehouseError)
            raise kind(f"the warehouse of target '{self.target.name}' refuses: {error}") from error

    @contextmanager
    def _executed(self, sql: str, parameters: Sequence[object]) -> Iterator[Any]:
        with self.connection.cursor() as cursor:
            if parameters:
                cursor.execute(_marked(sql), list(parameters))
            else:
                cursor.execute(sql)
            yield cursor


def _marked(sql: str) -> str:
    """SQL with psycopg2's marks for `?`, but within text and names."""
    return _QUOTED_OR_MARK.sub(lambda found: "%s" if found[0] == "?" else found[0].replace("%", "%%"), sql)


def _driver() -> Any:
    """psycopg2, which comes with dbt-postgres."""
    return import_module("psycopg2")


def _arrow_type(oid: int) -> "pa.DataType":
    """The type of a column by PostgreSQL's number of its type (pg_type.oid); text for any other."""
    import pyarrow as pa  # noqa: PLC0415

    known = {16: pa.bool_(), 20: pa.int64(), 21: pa.int16(), 23: pa.int32(), 700: pa.float32(), 701: pa.float64()}
    return {**known, 1082: pa.date32(), 1184: pa.timestamp("us", "UTC")}.get(oid, pa.string())


def _batch(rows: Sequence[Sequence[Any]], schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa  # noqa: PLC0415

    columns = zip(*rows, strict=True)
    arrays = [
        pa.array([None if value is None else str(value) for value in values], field.type)
        if pa.types.is_string(field.type)
        else pa.array(values, field.type)
        for values, field in zip(columns, schema, strict=True)
    ]
    return pa.record_batch(arrays, schema=schema)

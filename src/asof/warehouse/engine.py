"""What asof asks of a warehouse, whichever engine it runs on.

`connection.py` is DuckDB, the engine of training, prediction and the registry. `postgres.py` is the second one, so that this
is the shape of neither; nothing but its tests uses it yet.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Engine(Protocol):
    """An open warehouse. Values are bound as `?`; names are quoted by `qualified`.

    Instants come and go as aware datetimes, and the session is in UTC. What the engine raises is raised as WarehouseError
    within `translating_errors`.
    """

    @property
    def dialect(self) -> str:
        """What sqlglot calls its SQL."""
        ...

    @property
    def instant_type(self) -> str:
        """What it calls a column of instants."""
        ...

    def qualified(self, *parts: str) -> str:
        """A schema, or a table in it, as SQL."""
        ...

    def has_table(self, schema: str, table: str) -> bool: ...

    def columns(self, schema: str, table: str) -> list[str]:
        """The names of a table's columns, in their order."""
        ...

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The result of a query as one dict a row."""
        ...

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None: ...

    def read(self, sql: str, rows_at_once: int) -> "AbstractContextManager[pa.RecordBatchReader]":
        """The result of a query as Arrow batches of at most so many rows, while the block lasts."""
        ...

    def insert(self, schema: str, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Appends rows that have the same keys, which are column names."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Everything in the block is written, or nothing is; an interrupt counts as an error."""
        ...

    def hash_of(self, columns: Iterable[str]) -> str:
        """SQL for a hash of a row's values, given as SQL in their order: equal where all values are, and NULL is one."""
        ...

    def translating_errors(self) -> AbstractContextManager[None]: ...

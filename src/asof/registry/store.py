"""The registry in a warehouse: opened to read or to write, brought up to date, and its rows read and added.

The modules of this room say what is asked of the tables that the engine writes. Those that the dbt package writes
(`view_builds`, `model_builds`, `model_reads`) are read in `features/`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import TypeVar

from asof.project import Project
from asof.registry.migrations import migrate
from asof.registry.rows import Row
from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import quoted

R = TypeVar("R", bound=Row)


class Registry:
    """The registry in a warehouse that is open."""

    def __init__(self, project: Project, warehouse: Warehouse) -> None:
        self.schema = project.registry_schema
        self.warehouse = warehouse

    def migrate(self) -> None:
        """Creates what is missing and changes what is older; to be called in a transaction that writes."""
        migrate(self.warehouse, self.schema)

    def append(self, rows: Sequence[Row]) -> None:
        """Adds rows of one table."""
        if rows:
            self.warehouse.insert(self.schema, rows[0].TABLE, [asdict(row) for row in rows])

    def select(
        self,
        kind: type[R],
        condition: str = "true",
        parameters: Sequence[object] = (),
        *,
        order_by: str = "all",
        without: Sequence[str] = (),
    ) -> list[R]:
        """The rows of a table for which an SQL condition holds; its values are bound. None before the first write.

        Columns in `without` are not read, and have their defaults. A column that a registry of an older asof does not have is
        None until the next write adds it.
        """
        if not self.warehouse.has_table(self.schema, kind.TABLE):
            return []
        there = self.warehouse.columns(self.schema, kind.TABLE)
        names = [field.name for field in fields(kind) if field.name not in without]
        listed = ", ".join(quoted(name) if name in there else f"null as {quoted(name)}" for name in names)
        source = self.warehouse.qualified(self.schema, kind.TABLE)
        sql = f"select {listed} from {source} where {condition} order by {order_by}"
        return [kind(**row) for row in self.warehouse.rows(sql, parameters)]

    def next_number(self, kind: type[Row], column: str, model: str | None = None) -> int:
        """One more than the greatest number in a column, of one model where it is named; safe in a transaction, since there is
        one writer.
        """
        source = self.warehouse.qualified(self.schema, kind.TABLE)
        condition, parameters = ("model = ?", [model]) if model is not None else ("true", [])
        sql = f"select max({quoted(column)}) as newest from {source} where {condition}"
        return (self.warehouse.value(sql, parameters) or 0) + 1


@contextmanager
def reading(project: Project) -> Iterator[Registry]:
    """The registry of a project, to read from while the block lasts. Raises WarehouseError."""
    with project.warehouse(read_only=True) as warehouse:
        yield Registry(project, warehouse)


@contextmanager
def writing(project: Project) -> Iterator[Registry]:
    """The registry of a project in a transaction, up to date: what the block adds is written, or nothing of it is.

    Raises WarehouseError.
    """
    with project.warehouse() as warehouse, warehouse.transaction():
        registry = Registry(project, warehouse)
        registry.migrate()
        yield registry

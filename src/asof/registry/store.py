"""The registry's tables in an open warehouse: made when they are first needed, read and appended to here alone."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from asof.project import Project
from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import quoted


class Registry:
    """The registry in a warehouse that is open."""

    def __init__(self, project: Project, warehouse: Warehouse) -> None:
        self.schema = project.registry_schema
        self.warehouse = warehouse

    def create(self) -> None:
        """Creates what is missing; to be called in a transaction that writes."""
        schema, main = self.warehouse.qualified(self.schema), self.warehouse.qualified("main")
        self.warehouse.execute(f"create schema if not exists {schema}")
        self.warehouse.execute(f"use {schema}")
        self.warehouse.execute(files("asof.registry").joinpath("tables.sql").read_text())
        # A policy that runs later finds its own tables, not the registry's.
        self.warehouse.execute(f"use {main}")

    def append(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        self.warehouse.insert(self.schema, table, rows)

    def rows(
        self,
        table: str,
        condition: str = "true",
        parameters: Sequence[object] = (),
        *,
        columns: Sequence[str],
        order_by: str = "all",
    ) -> list[dict[str, Any]]:
        """The rows of a table for which an SQL condition holds; its values are bound. None before the first write.

        A column that a registry of an older asof has not, and gets with the next write, is NULL.
        """
        if not self.warehouse.has_table(self.schema, table):
            return []
        there, source = self.warehouse.columns(self.schema, table), self.warehouse.qualified(self.schema, table)
        names = ", ".join(quoted(name) if name in there else f"null as {quoted(name)}" for name in columns)
        sql = f"select {names} from {source} where {condition} order by {order_by}"
        return self.warehouse.rows(sql, parameters)

    def next_number(self, table: str, column: str, condition: str = "true", parameters: Sequence[object] = ()) -> int:
        """One more than the greatest number in a column; the one writer makes it safe within a transaction."""
        source = self.warehouse.qualified(self.schema, table)
        sql = f"select max({quoted(column)}) as newest from {source} where {condition}"
        return (self.warehouse.rows(sql, parameters)[0]["newest"] or 0) + 1

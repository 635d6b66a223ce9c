"""The two engines on which the package's SQL is tested, with one way to fill raw tables and to ask."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from postgres import Postgres

TABLES = {
    "questions": "id integer, shop varchar, city varchar, asked_at timestamptz",
    "prices": "shop varchar, happened_at timestamptz, learned_at timestamptz, price integer, note varchar",
    "moods": "shop varchar, city varchar, felt_at timestamptz, mood varchar",
    "seasons": "begins_at timestamptz, announced_at timestamptz, season varchar",
    "leases": "shop varchar, signed_at timestamptz, filed_at timestamptz, ends_at timestamptz, rent integer",
    "answers": "id integer, answer boolean, answered_at timestamptz",
    "staff_now": "shop varchar, manager varchar",
}


@dataclass(frozen=True)
class DuckDB:
    """The project's DuckDB file."""

    path: Path
    name = "duckdb"
    mark = "?"

    @property
    def environment(self) -> dict[str, str]:
        return {}

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection


@dataclass(frozen=True)
class PostgreSQL:
    """The database `rule` of a server."""

    server: Postgres
    zone: str = "UTC"
    name = "postgres"
    mark = "%s"

    @property
    def environment(self) -> dict[str, str]:
        return {"RULE_PORT": str(self.server.port), "PGTZ": self.zone}

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        connection = self.server.connect("rule")
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()


Engine = DuckDB | PostgreSQL


def fill(cursor: Any, mark: str, tables: dict[str, Sequence[tuple]]) -> None:
    """Replaces the rows of all raw tables; a table that is not named is empty."""
    assert set(tables) <= set(TABLES)
    for name in TABLES:
        cursor.execute(f"delete from raw.{name}")
        rows = list(tables.get(name, []))
        if rows:
            row = f"({', '.join([mark] * len(rows[0]))})"
            values = [value for found in rows for value in found]
            cursor.execute(f"insert into raw.{name} values {', '.join([row] * len(rows))}", values)


def create_tables(cursor: Any) -> None:
    cursor.execute("create schema if not exists raw")
    for name, columns in TABLES.items():
        cursor.execute(f"create table if not exists raw.{name} ({columns})")

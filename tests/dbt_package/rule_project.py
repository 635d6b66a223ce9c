"""A dbt project of its own for the package: tables that a test fills, and every form of feature view over them."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

DBT = Path(sys.executable).with_name("dbt")

TABLES = {
    "questions": "id integer, shop varchar, city varchar, asked_at timestamptz",
    "prices": "shop varchar, happened_at timestamptz, learned_at timestamptz, price integer, note varchar",
    "moods": "shop varchar, city varchar, felt_at timestamptz, mood varchar",
    "answers": "id integer, answer boolean, answered_at timestamptz",
}


@dataclass(frozen=True)
class RuleProject:
    """The project in a folder of its own."""

    root: Path
    environment: dict[str, str]

    def dbt(self, *arguments: str, now: str | None = None, **values: object) -> subprocess.CompletedProcess:
        values |= {"asof_now": now} if now else {}
        variables = ("--vars", json.dumps(values)) if values else ()
        return subprocess.run(
            [DBT, *arguments, *variables],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def sql(self, statement: str) -> list[tuple]:
        with duckdb.connect(str(self.root / "rule.duckdb")) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(statement).fetchall()

    def fill(self, **tables: Sequence[tuple]) -> None:
        """Replaces the raw tables with these rows."""
        with duckdb.connect(str(self.root / "rule.duckdb")) as connection:
            fill(connection, **tables)

    def compiled(self, model: str) -> str:
        return (self.root / f"target/compiled/rule/models/right/{model}.sql").read_text()


def fill(connection: duckdb.DuckDBPyConnection, **tables: Sequence[tuple]) -> None:
    connection.execute("set timezone = 'UTC'; create schema if not exists raw")
    for name, columns in TABLES.items():
        connection.execute(f"create or replace table raw.{name} ({columns})")
        if tables[name]:
            marks = ", ".join("?" * len(tables[name][0]))
            connection.executemany(f"insert into raw.{name} values ({marks})", tables[name])

"""A dbt project of its own for the package: tables that a test fills, and every form of feature view over them."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from commands import run_command
from engines import Engine, create_tables, fill


@dataclass(frozen=True)
class RuleProject:
    """The project in a folder of its own, on one engine."""

    root: Path
    environment: dict[str, str]
    engine: Engine

    def dbt(self, *arguments: str, now: str | None = None, **values: object) -> subprocess.CompletedProcess:
        variables = ("--vars", json.dumps(values)) if values else ()
        target = () if "--target" in arguments else ("--target", self.engine.name)
        environment = {**self.environment, **self.engine.environment, **({"ASOF_NOW": now} if now else {})}
        return run_command("dbt", *arguments, *target, *variables, cwd=self.root, env=environment)

    def sql(self, statement: str) -> list[tuple]:
        with self.engine.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def execute(self, statement: str) -> None:
        with self.engine.cursor() as cursor:
            cursor.execute(statement)

    def fill(self, **tables: Sequence[tuple]) -> None:
        """Replaces the rows of all raw tables."""
        with self.engine.cursor() as cursor:
            create_tables(cursor)
            fill(cursor, self.engine.mark, tables)

    def columns(self, table: str) -> list[str]:
        named = f"select column_name from information_schema.columns where table_name = '{table}' "
        return [name for (name,) in self.sql(f"{named} order by ordinal_position")]

    def compiled(self, model: str, folder: str = "right") -> str:
        return (self.root / f"target/compiled/rule/models/{folder}/{model}.sql").read_text()

"""Damages rows of the registry and of the predictions, and looks at what commands that read them end with.

    .venv/bin/python tests/registry/fuzz_rows.py                  1,000 cells, each with every command
    .venv/bin/python tests/registry/fuzz_rows.py --cases 50 --seed 3

An error of asof is what is expected; what still works is none the worse. Anything else is counted by its name.
"""

import collections
import random
import shutil
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).parents[1]))
from fuzz_command import fuzz_command
from toy import FIRST, ToyProject, write_toy_project

from asof import compare, load_model, predict, promote, reproduce, train
from asof.errors import AsofError
from asof.registry.status import status
from asof.report.write import make_report

DAY_80 = FIRST + timedelta(days=80)
DAY_82 = FIRST + timedelta(days=82)
_LIMIT = 20  # seconds
ODD = {
    "VARCHAR": ("null", "''", "chr(0)", "'\\x1b[31m'", "repeat('x', 100000)", "'registered'", "'{}'", "'../..'", "'1'"),
    "JSON": ("null", "'null'", "'{}'", "'[]'", "'[[[]]]'", "'1e999'", "'\"text\"'", "'{\"split\": 3}'"),
    "TIMESTAMP WITH TIME ZONE": ("null", "'infinity'", "'-infinity'", "'0001-01-01'", "'9999-12-31'"),
    "INTEGER": ("null", "0", "-1", "2147483647"),
    "BIGINT": ("null", "0", "-1", "9223372036854775807"),
    "DOUBLE": ("null", "'nan'", "'infinity'", "-1e308"),
    "BOOLEAN": ("null", "true", "false"),
    "BLOB": ("null", "''::blob", "'x'::blob", "repeat('\\x00', 1000)::blob"),
    "UBIGINT": ("null", "0"),
}
COMMANDS = {
    "status": lambda toy: status(toy.open(DAY_82)),
    "load_model": lambda toy: load_model("size", "champion", toy.open(DAY_82)),
    "predict": lambda toy: predict("size", toy.open(DAY_82)),
    "compare": lambda toy: compare("size", 1, 2, toy.open(DAY_82)),
    "report": lambda toy: make_report("size", 1, toy.open(DAY_82)),
    "reproduce": lambda toy: reproduce("size", 1, toy.open(DAY_82)),
    "promote": lambda toy: promote("size", 2, toy.open(DAY_82)),
}


def prepare(toy: ToyProject) -> None:
    """Two versions of one model, one of them champion, with predictions."""
    for _ in range(2):
        train("size", toy.open(DAY_80))
    promote("size", 1, toy.open(DAY_80))
    predict("size", toy.open(DAY_80))


def damage(file: Path, rng: random.Random) -> str | None:
    """Changes one cell, or deletes a row; in words what was done, None where the table does not let it."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("set timezone = 'UTC'")
        columns = connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() join duckdb_tables() "
            "using (schema_name, table_name) where schema_name in ('ml', 'predictions') and estimated_size > 0 "
            "order by all"
        ).fetchall()
        schema, table, column, type_ = rng.choice(columns)
        place = rng.randrange(connection.execute(f"select count(*) from {schema}.{table}").fetchone()[0])
        row = f"rowid = (select rowid from {schema}.{table} order by rowid limit 1 offset {place})"
        value = rng.choice(ODD[type_])
        try:
            if rng.random() < 0.1:
                connection.execute(f"delete from {schema}.{table} where {row}")
                return f"a row of {table} is gone"
            nullable = f"alter table {schema}.{table} alter {column} drop not null"
            if value == "null":
                try:
                    connection.execute(nullable)
                except duckdb.Error:
                    return None
            connection.execute(f"update {schema}.{table} set {column} = {value} where {row}")
        except duckdb.Error:
            return None
        return f"{table}.{column} = {value[:20]}"


def outcome(command: str, toy: ToyProject) -> str:
    began = time.monotonic()
    try:
        COMMANDS[command](toy)
        ended = "done"
    except AsofError:
        ended = "refused"
    except Exception as error:  # noqa: BLE001
        ended = f"{command}: {type(error).__name__}: {error}"[:200]
    return f"{command}: slow" if time.monotonic() - began > _LIMIT else ended


def fuzz(toy: ToyProject, cases: int, seed: int) -> collections.Counter[str]:
    """The warehouse of a prepared project, damaged again for each case."""
    rng, found = random.Random(seed), collections.Counter[str]()
    file, whole = toy.root / "toy.duckdb", toy.root / "whole.duckdb"
    shutil.copy(file, whole)
    while cases:
        shutil.copy(whole, file)
        done = damage(file, rng)
        if done is None:
            continue
        cases -= 1
        for command in COMMANDS:
            ended = outcome(command, toy)
            found[ended if ended in ("done", "refused") else f"{ended} ({done})"] += 1
    shutil.copy(whole, file)
    return found


def fuzz_new_project(cases: int, seed: int) -> collections.Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        toy = write_toy_project(Path(folder))
        prepare(toy)
        return fuzz(toy, cases, seed)


if __name__ == "__main__":
    fuzz_command(__doc__, fuzz_new_project)

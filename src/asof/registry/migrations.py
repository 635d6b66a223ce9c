"""Brings a registry up to date: creates its tables, and applies to an older one the migrations that it lacks.

A migration has a number, and stays as it is once it was released. The table `migrations` says which were applied.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from asof.warehouse.connection import Warehouse


@dataclass(frozen=True)
class Migration:
    """A change to a registry that is older than it."""

    number: int
    name: str
    apply: Callable[[Warehouse, str], None]


def migrate(warehouse: Warehouse, schema: str) -> None:
    """Creates what is missing and applies what was not applied; to be called in a transaction that writes."""
    is_new = not warehouse.has_table(schema, "training_runs")
    warehouse.execute(f"create schema if not exists {warehouse.qualified(schema)}")
    _run_in(warehouse, schema, "tables.sql")
    table = warehouse.qualified(schema, "migrations")
    applied = {row["number"] for row in warehouse.rows(f"select number from {table}")}
    for migration in MIGRATIONS:
        if migration.number in applied:
            continue
        if not is_new:
            migration.apply(warehouse, schema)
        row = {"number": migration.number, "name": migration.name, "applied_at": datetime.now(UTC)}
        warehouse.insert(schema, "migrations", [row])


def _run_in(warehouse: Warehouse, schema: str, file: str) -> None:
    """Runs a file of this folder, whose statements name tables without their schema."""
    warehouse.execute(f"use {warehouse.qualified(schema)}")
    warehouse.execute(files("asof.registry").joinpath(file).read_text())
    # A policy that runs later finds its own tables, not the registry's.
    warehouse.execute(f"use {warehouse.qualified('main')}")


def _add_later_columns(warehouse: Warehouse, schema: str) -> None:
    _run_in(warehouse, schema, "later_columns.sql")


def _add_pinned_columns(warehouse: Warehouse, schema: str) -> None:
    _run_in(warehouse, schema, "pinned_columns.sql")


MIGRATIONS = (
    Migration(1, "later columns", _add_later_columns),
    Migration(2, "pinned columns", _add_pinned_columns),
)

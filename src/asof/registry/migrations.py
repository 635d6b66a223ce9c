"""Brings a registry up to date: creates its tables, and applies to an older one the migrations that it lacks.

A migration has a number, and stays as it is once it was released. The table `migrations` says which were applied.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import quoted


@dataclass(frozen=True)
class Schemas:
    """Where a project's registry and its predictions are."""

    registry: str
    predictions: str


@dataclass(frozen=True)
class Migration:
    """A change to a registry that is older than it."""

    number: int
    name: str
    apply: Callable[[Warehouse, Schemas], None]


def migrate(warehouse: Warehouse, schemas: Schemas) -> None:
    """Creates what is missing and applies what was not applied; to be called in a transaction that writes."""
    is_new = not warehouse.has_table(schemas.registry, "training_runs")
    warehouse.execute(f"create schema if not exists {warehouse.qualified(schemas.registry)}")
    _run_in(warehouse, schemas.registry, "tables.sql")
    table = warehouse.qualified(schemas.registry, "migrations")
    applied = {row["number"] for row in warehouse.rows(f"select number from {table}")}
    for migration in MIGRATIONS:
        if migration.number in applied:
            continue
        if not is_new:
            migration.apply(warehouse, schemas)
        row = {"number": migration.number, "name": migration.name, "applied_at": datetime.now(UTC)}
        warehouse.insert(schemas.registry, "migrations", [row])


def _run_in(warehouse: Warehouse, schema: str, file: str) -> None:
    """Runs a file of this folder, whose statements name tables without their schema."""
    warehouse.execute(f"use {warehouse.qualified(schema)}")
    warehouse.execute(files("asof.registry").joinpath(file).read_text())
    # A policy that runs later finds its own tables, not the registry's.
    warehouse.execute(f"use {warehouse.qualified('main')}")


def _add_later_columns(warehouse: Warehouse, schemas: Schemas) -> None:
    _run_in(warehouse, schemas.registry, "later_columns.sql")


def _rename_features_hash(warehouse: Warehouse, schemas: Schemas) -> None:
    """`fingerprint` in the prediction tables; from now on the word is for the meaning of a column."""
    runs = warehouse.qualified(schemas.registry, "prediction_runs")
    for row in warehouse.rows(f"select distinct model from {runs} order by model"):
        if "fingerprint" in warehouse.columns(schemas.predictions, row["model"]):
            table = warehouse.qualified(schemas.predictions, row["model"])
            warehouse.execute(f"alter table {table} rename column {quoted('fingerprint')} to {quoted('features_hash')}")


MIGRATIONS = (
    Migration(1, "later columns", _add_later_columns),
    Migration(2, "features_hash", _rename_features_hash),
)

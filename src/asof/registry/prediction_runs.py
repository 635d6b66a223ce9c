"""Runs of batch inference on record."""

from asof.registry.rows import PredictionRunRow
from asof.registry.store import Registry


def add_prediction_run(registry: Registry, run: PredictionRunRow) -> None:
    """Records a run."""
    registry.append([run])


def prediction_run(registry: Registry, run_id: str) -> PredictionRunRow | None:
    """A run by its id, None where it is not on record."""
    found = registry.select(PredictionRunRow, "run_id = ?", [run_id])
    return found[0] if found else None


def runs_table(registry: Registry) -> str | None:
    """The name in SQL of the table of prediction runs; None before the first run."""
    if not registry.warehouse.has_table(registry.schema, PredictionRunRow.TABLE):
        return None
    return registry.warehouse.qualified(registry.schema, PredictionRunRow.TABLE)

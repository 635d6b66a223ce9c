"""Experiments on record: which arms were compared, from when on."""

from collections.abc import Sequence
from datetime import datetime

from asof.registry.rows import ExperimentRow
from asof.registry.store import Registry


def next_experiment(registry: Registry, model: str) -> int:
    """The number of a model's next experiment."""
    return registry.next_number(ExperimentRow, "number", model)


def arms_on_record(registry: Registry, model: str, number: int) -> list[ExperimentRow]:
    """The arms of an experiment of a model."""
    return registry.select(ExperimentRow, "model = ? and number = ?", [model, number])


def add_arms(registry: Registry, arms: Sequence[ExperimentRow]) -> None:
    """Records the arms of an experiment that begins."""
    registry.append(arms)


def last_beginning(registry: Registry, model: str, now: datetime) -> datetime | None:
    """When the last experiment of a model began that was on record at `now`."""
    begun = registry.select(ExperimentRow, "model = ? and started_at <= ?", [model, now])
    return max((arm.started_at for arm in begun), default=None)

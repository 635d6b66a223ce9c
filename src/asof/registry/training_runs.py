"""Runs of training with their metrics and curves, and searches of hyper-parameters with their trials."""

from collections.abc import Sequence
from dataclasses import dataclass

from asof.errors import RegistryError
from asof.registry.rows import BacktestRow, CurveRow, MetricRow, TrainingRunRow, TrialRow, TuningRunRow
from asof.registry.store import Registry


@dataclass(frozen=True)
class RecordedRun:
    """A training run as the registry has it."""

    run: TrainingRunRow
    metrics: list[MetricRow]
    points: list[CurveRow]
    weeks: list[BacktestRow]


def add_run(
    registry: Registry,
    run: TrainingRunRow,
    metrics: Sequence[MetricRow] = (),
    points: Sequence[CurveRow] = (),
    weeks: Sequence[BacktestRow] = (),
) -> None:
    """Records a run with what it measured."""
    registry.append([run])
    registry.append(metrics)
    registry.append(points)
    registry.append(weeks)


def read_run(registry: Registry, run_id: str) -> RecordedRun:
    """A run by its id. Raises RegistryError where it is not on record."""
    of_run = ("run_id = ?", [run_id])
    runs = registry.select(TrainingRunRow, *of_run)
    if not runs:
        raise RegistryError(
            f"training run {run_id} is not in {registry.schema}.{TrainingRunRow.TABLE}, though a version names it; restore the "
            "warehouse from a backup, or train again with: asof train MODEL"
        )
    return RecordedRun(
        run=runs[0],
        metrics=registry.select(MetricRow, *of_run),
        points=registry.select(CurveRow, *of_run, order_by="split, curve, series, position"),
        weeks=registry.select(BacktestRow, *of_run, order_by="origin, week"),
    )


def metrics_on_test(registry: Registry) -> list[MetricRow]:
    """The metrics of every run on the whole of its test split."""
    return registry.select(MetricRow, "split = 'test' and slice_by = 'all'", order_by="metric")


def add_search(registry: Registry, search: TuningRunRow) -> None:
    """Records that a search begins."""
    registry.append([search])


def next_search(registry: Registry, model: str) -> int:
    """The number of a model's next search."""
    return registry.next_number(TuningRunRow, "search", model)


def last_search(registry: Registry, model: str) -> TuningRunRow | None:
    """The last search of a model."""
    searches = registry.select(TuningRunRow, "model = ?", [model], order_by="search desc")
    return searches[0] if searches else None


def add_trial(registry: Registry, trial: TrialRow) -> None:
    """Records a trial that has ended."""
    registry.append([trial])


def trials(registry: Registry, run_id: str) -> list[TrialRow]:
    """The trials of a search, in their order."""
    return registry.select(TrialRow, "run_id = ?", [run_id], order_by="trial")

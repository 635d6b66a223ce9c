"""For scripts that need no spec: reads a feature view, fits whatever they like, and leave a run with its metrics."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asof.clock import as_utc
from asof.features.view import FeatureView
from asof.project import Project, project_of
from asof.registry.rows import MetricRow, TrainingRunRow
from asof.registry.runs import Run
from asof.registry.store import writing
from asof.registry.training_runs import add_run
from asof.training.environment import environment


@dataclass
class LoggedRun:
    """A run of a script, as long as the block lasts."""

    run_id: str
    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Remembers what the run was done with; values that JSON has not are written as text."""
        self.parameters.update(parameters)

    def log_metric(self, name: str, value: float, *, rows: int = 0, split: str = "test") -> None:
        """Remembers a metric, and on how many rows of which split it was measured."""
        self.metrics[split, name] = (float(value), int(rows))


@contextmanager
def log_run(
    model: str,
    view: FeatureView,
    label: str,
    project: Project | None = None,
    *,
    known_by: datetime | None = None,
) -> Iterator[LoggedRun]:
    """A run of `model`, any name, on what was known of a view at `known_by` (the project's present).

    When the block ends, a row with the status `logged` is in `ml.training_runs` and its metrics are in `ml.metrics`; when it
    fails, a row with the status `failed` and the error. Such a run is not a version: it cannot be promoted.
    """
    project = project_of(project, "log_run(model, view, label, project)", model, view, label)
    run = Run(model, project.clock)
    logged = LoggedRun(run.run_id)
    moment = as_utc(known_by) if known_by else project.clock.now()
    try:
        yield logged
    except (Exception, KeyboardInterrupt) as error:
        _write(project, run, logged, (view, label, moment), error)
        raise
    _write(project, run, logged, (view, label, moment), None)


def _write(
    project: Project,
    run: Run,
    logged: LoggedRun,
    of: tuple[FeatureView, str, datetime],
    error: BaseException | None,
) -> None:
    view, label, known_by = of
    row = TrainingRunRow(
        **run.columns("failed" if error else "logged", error),
        known_by=known_by,
        feature_view=view.name,
        label=label,
        spec=json.dumps({"parameters": logged.parameters}, default=str),
        environment=json.dumps(environment(project.root)),
    )
    metrics = [
        MetricRow(
            run_id=run.run_id,
            split=split,
            slice_by="all",
            slice="all",
            metric=name,
            value=value,
            row_count=rows,
        )
        for (split, name), (value, rows) in logged.metrics.items()
    ]
    with writing(project) as registry:
        add_run(registry, row, [] if error else metrics)

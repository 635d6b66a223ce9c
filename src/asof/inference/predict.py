"""Batch inference, from end to end: the version behind an alias scores what is due and was not scored yet."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

import numpy as np
import pyarrow as pa

from asof.errors import AsofError, ClockError, RegistryError
from asof.inference.policy import read_policy
from asof.inference.table import AS_OF, PredictionTable
from asof.progress import Progress, Silent
from asof.registry.aliases import version_behind
from asof.registry.store import Registry
from asof.registry.versions import ModelVersion, load_version
from asof.spec.project import Project
from asof.warehouse.connection import Warehouse


@dataclass(frozen=True)
class PredictionResult:
    """What a prediction run did: rows due in the window (from, to], and how many of them are new."""

    model: str
    run_id: str
    alias: str
    version: int
    window_from: datetime
    window_to: datetime
    window_rows: int
    scored_rows: int
    table: str


@dataclass
class _Run:
    model: str
    alias: str
    window_from: datetime
    window_to: datetime
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began: float = field(default_factory=monotonic)
    version: int | None = None
    window_rows: int | None = None
    scored_rows: int | None = None


def predict(
    model: str,
    project: Project | None = None,
    *,
    alias: str = "champion",
    window_from: datetime | None = None,
    window_to: datetime | None = None,
    progress: Progress | None = None,
) -> PredictionResult:
    """Scores the rows of the model's feature view with a moment of prediction in (window_from, window_to].

    The window ends at the project's present and is as long as the spec says, where it is not given. Rows that the
    version has scored before are left as they are. Everything is written in one transaction.

    Raises an AsofError when it cannot; the run is in `ml.prediction_runs` all the same, as failed.
    """
    project = project or Project.open()
    spec = project.model_spec(model)
    present = project.clock.now()
    until = window_to or present
    if until > present:
        raise ClockError(
            f"the window ends at {until.isoformat()}, after the present {present.isoformat()}; set --now later"
        )
    run = _Run(model, alias, window_from or until - spec.inference.window, until)
    if run.window_from >= until:
        raise ClockError(f"the window begins at {run.window_from.isoformat()}, not before its end {until.isoformat()}")
    with project.warehouse() as warehouse:
        registry = Registry(project, warehouse)
        try:
            return _predict(project, warehouse, registry, run, progress or Silent())
        except (Exception, KeyboardInterrupt) as error:
            with warehouse.transaction():
                registry.create()
                message = (
                    str(error) if isinstance(error, AsofError) else f"{type(error).__name__}: {error}".rstrip(": ")
                )
                registry.append("prediction_runs", [_run_row(project, run, "failed") | {"error": message}])
            raise


def _predict(
    project: Project, warehouse: Warehouse, registry: Registry, run: _Run, progress: Progress
) -> PredictionResult:
    spec = project.model_spec(run.model)
    run.version = version_behind(registry, run.model, run.alias)
    if run.version is None:
        raise RegistryError(
            f"model {run.model} has no '{run.alias}'; promote a version with: asof promote {run.model} --alias {run.alias}"
        )
    version = load_version(registry, run.model, run.version, project.trusted_types)
    policy = read_policy(project.root, spec.inference.policy) if spec.inference.policy else None

    progress.step(f"reading {version.feature_view}")
    view = project.view_in(warehouse, version.feature_view)
    version.schema.check(view.table.schema().items(), f"{version.title} on feature view {view.name}")
    table = PredictionTable(project.predictions_schema, run.model, view.meta.key, version.problem)
    table.check_key()
    due = view.due(run.window_from, run.window_to)
    view.refuse_bad_keys(due)
    run.window_rows = due.count().to_pyarrow().as_py()
    wanted = dict.fromkeys([*view.identity, *version.schema.names])
    unscored = table.unscored(warehouse, view, due, version.version)
    rows = unscored.order_by([view.meta.as_of, *view.meta.key]).select(*wanted).to_pyarrow()
    run.scored_rows = rows.num_rows

    progress.step(f"scoring {rows.num_rows:,} rows")
    scored = _scored(project, version, rows, view.meta.key, view.meta.as_of, run)

    progress.step(f"writing {project.predictions_schema}.{run.model}")
    with warehouse.transaction():
        registry.create()
        table.create(warehouse, view)
        table.append(warehouse, scored, policy, spec.inference.policy or "")
        registry.append("prediction_runs", [_run_row(project, run, "done")])
    return PredictionResult(
        model=run.model,
        run_id=run.run_id,
        alias=run.alias,
        version=version.version,
        window_from=run.window_from,
        window_to=run.window_to,
        window_rows=run.window_rows,
        scored_rows=run.scored_rows,
        table=f"{project.predictions_schema}.{run.model}",
    )


def _scored(
    project: Project, version: ModelVersion, rows: pa.Table, key: tuple[str, ...], as_of: str, run: _Run
) -> pa.Table:
    """The rows of the prediction table but for their decisions."""
    count = rows.num_rows
    scores = version.score(version.schema.frame(rows)) if count else np.empty(0)
    predictions = scores >= 0.5 if version.problem == "binary" else scores
    instant = pa.timestamp("us", tz="UTC")
    return pa.table(
        {name: rows[name] for name in key}
        | {
            AS_OF: rows[as_of],
            "model": pa.array([run.model] * count, pa.string()),
            "version": pa.array(np.full(count, version.version, dtype=np.int32)),
            "alias": pa.array([run.alias] * count, pa.string()),
            "score": pa.array(scores, pa.float64()),
            "prediction": pa.array(predictions),
            "run_id": pa.array([run.run_id] * count, pa.string()),
            "scored_at": pa.array([project.clock.now()] * count, instant),
        }
    )


def _run_row(project: Project, run: _Run, status: str) -> dict[str, Any]:
    seconds = monotonic() - run.began
    return {
        "run_id": run.run_id,
        "model": run.model,
        "alias": run.alias,
        "version": run.version,
        "status": status,
        "started_at": project.clock.started(seconds),
        "finished_at": project.clock.ended(seconds),
        "seconds": seconds,
        "asof_now": project.clock.fixed,
        "window_from": run.window_from,
        "window_to": run.window_to,
        "window_rows": run.window_rows,
        "scored_rows": run.scored_rows,
    }

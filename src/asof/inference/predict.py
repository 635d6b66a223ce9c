"""Batch inference, from end to end: the version behind an alias scores what is due and was not scored yet."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa

from asof.clock import as_utc
from asof.errors import ClockError
from asof.inference.policy import read_policy
from asof.inference.table import AS_OF, FEATURES, PredictionTable
from asof.progress import Progress, Silent
from asof.registry.aliases import require_version
from asof.registry.runs import Run
from asof.registry.store import Registry
from asof.registry.versions import ModelVersion, load_version
from asof.spec.model_spec import ModelSpec
from asof.spec.project import Project
from asof.warehouse.connection import Warehouse
from asof.warehouse.feature_view import FeatureView


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
class _Attempt:
    """What is known of a run of inference so far."""

    project: Project
    model: str
    alias: str
    window_from: datetime
    window_to: datetime
    run: Run = field(init=False)
    version: int | None = None
    window_rows: int | None = None

    def __post_init__(self) -> None:
        self.run = Run(self.model, self.project.clock)

    def row(self, status: str, error: BaseException | None = None, scored_rows: int | None = None) -> dict[str, object]:
        """The row of `prediction_runs`."""
        return {
            **self.run.columns(status, error),
            "alias": self.alias,
            "version": self.version,
            "window_from": self.window_from,
            "window_to": self.window_to,
            "window_rows": self.window_rows,
            "scored_rows": scored_rows,
        }


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
    until = as_utc(window_to) if window_to else present
    if until > present:
        raise ClockError(
            f"the window ends at {until.isoformat()}, after the present {present.isoformat()}; set --now later"
        )
    attempt = _Attempt(
        project, model, alias, as_utc(window_from) if window_from else until - spec.inference.window, until
    )
    if attempt.window_from >= until:
        raise ClockError(
            f"the window begins at {attempt.window_from.isoformat()}, not before its end {until.isoformat()}"
        )
    with project.warehouse() as warehouse:
        registry = Registry(project, warehouse)
        try:
            with warehouse.told_plainly():  # Here already, for what the run's row says of it.
                return _predict(attempt, spec, warehouse, registry, progress or Silent())
        except (Exception, KeyboardInterrupt) as error:
            with warehouse.transaction():
                registry.create()
                registry.append("prediction_runs", [attempt.row("failed", error)])
            raise


def _predict(
    attempt: _Attempt, spec: ModelSpec, warehouse: Warehouse, registry: Registry, progress: Progress
) -> PredictionResult:
    project, model, alias = attempt.project, attempt.model, attempt.alias
    attempt.version = require_version(registry, model, alias, project.clock.now())
    version = load_version(registry, model, attempt.version, project)
    policy = read_policy(project.root, spec.inference.policy) if spec.inference.policy else None

    progress.step(f"reading {version.feature_view}")
    view = project.view_in(warehouse, version.feature_view)
    version.schema.check(view.table.schema().items(), f"{version.title} on feature view {view.name}")
    table = PredictionTable(project.predictions_schema, version, view.meta.key)
    table.check(warehouse, view)
    due = view.due(attempt.window_from, attempt.window_to)
    view.refuse_bad_keys(due)
    attempt.window_rows = due.count().to_pyarrow().as_py()
    wanted = dict.fromkeys([*view.identity, *version.schema.names])
    unscored = table.unscored(warehouse, view, due)
    rows = unscored.order_by([view.meta.as_of, *view.meta.key]).select(*wanted).to_pyarrow()

    progress.step(f"scoring {rows.num_rows:,} rows")
    scored = _scored(attempt, version, rows, view, keep_features=spec.inference.keep_features)

    progress.step(f"writing {project.predictions_schema}.{model}")
    with warehouse.transaction():
        registry.create()
        table.create(warehouse, view)
        table.append(warehouse, scored, policy, spec.inference.policy or "")
        registry.append("prediction_runs", [attempt.row("done", scored_rows=rows.num_rows)])
    return PredictionResult(
        model=model,
        run_id=attempt.run.run_id,
        alias=alias,
        version=version.version,
        window_from=attempt.window_from,
        window_to=attempt.window_to,
        window_rows=attempt.window_rows,
        scored_rows=rows.num_rows,
        table=f"{project.predictions_schema}.{model}",
    )


def _scored(
    attempt: _Attempt, version: ModelVersion, rows: pa.Table, view: FeatureView, *, keep_features: bool
) -> pa.Table:
    """The rows of the prediction table but for their decisions."""
    count = rows.num_rows
    scores = version.score(version.schema.frame(rows)) if count else np.empty((0, *version.score_shape))
    instant = pa.timestamp("us", tz="UTC")
    return pa.table(
        {name: rows[name] for name in view.meta.key}
        | {
            AS_OF: rows[view.meta.as_of],
            "model": pa.array([attempt.model] * count, pa.string()),
            "version": pa.array(np.full(count, version.version, dtype=np.int32)),
            "alias": pa.array([attempt.alias] * count, pa.string()),
            **_outcomes(version, scores),
            FEATURES: _structs(rows, version.schema.names) if keep_features else pa.nulls(count, pa.string()),
            "run_id": pa.array([attempt.run.run_id] * count, pa.string()),
            "scored_at": pa.array([attempt.project.clock.now()] * count, instant),
        }
    )


def _outcomes(version: ModelVersion, scores: np.ndarray) -> dict[str, pa.Array]:
    """The columns of scores, and what they predict: whether, which class, or how much."""
    if version.problem == "multiclass":
        best = pa.array(scores.argmax(axis=1)) if len(scores) else pa.array([], pa.int64())
        columns = {name: pa.array(scores[:, code]) for code, name in enumerate(version.score_columns)}
        return {**columns, "prediction": pa.array(version.classes).take(best)}
    predictions = scores >= 0.5 if version.problem == "binary" else scores
    return {"score": pa.array(scores, pa.float64()), "prediction": pa.array(predictions)}


def _structs(rows: pa.Table, names: list[str]) -> pa.StructArray:
    """What the version was given, one struct a row."""
    return pa.StructArray.from_arrays([rows[name].combine_chunks() for name in names], names)

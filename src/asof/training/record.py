"""What a training run writes: its row whatever happens, and a version with everything about it when it succeeds."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import ibis

from asof.errors import AsofError, DataError, WarehouseLockedError
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.artifact import artifact_hash
from asof.registry.runs import Run
from asof.registry.signing import SIGNED, SigningKey, sign_version
from asof.registry.store import Registry
from asof.scoring.parity import Parity
from asof.training.data.contents import contents
from asof.training.data.dataset import Dataset
from asof.training.data.reading import TrainingData
from asof.training.data.training_set import define_training_set
from asof.training.environment import environment
from asof.training.judge.backtest import Backtest
from asof.training.judge.curves import Point
from asof.training.judge.evaluate import Measurement
from asof.training.judge.gates import GateResult
from asof.training.judge.importance import Importance
from asof.warehouse.connection import Warehouse


@dataclass
class Attempt:
    """What is known of a training run so far; its data once they have been read."""

    project: Project
    spec: ModelSpec
    known_by: datetime
    run: Run = field(init=False)
    data: TrainingData | None = None

    def __post_init__(self) -> None:
        self.run = Run(self.spec.name, self.project.clock)

    def row(self, status: str, error: BaseException | None = None) -> dict[str, object]:
        """The row of `training_runs`, but for the version."""
        spec, data = self.spec, self.data
        found = data.dataset.contents if data else None
        return {
            **self.run.columns(status, error),
            "known_by": self.known_by,
            "feature_view": spec.feature_view,
            "label": spec.label,
            "train_rows": found.train if found else None,
            "validation_rows": found.validation if found else None,
            "test_rows": found.test if found else None,
            "unused_rows": found.unused if found else None,
            "unlabelled_rows": found.unlabelled if found else None,
            "query": data.query if data else None,
            "content_hash": found.content_hash if found else None,
            "spec": spec.model_dump_json(exclude_none=True),
            "environment": json.dumps(environment()),
        }


@dataclass(frozen=True)
class Candidate:
    """A fitted and judged estimator, before it is a version."""

    artifact: bytes
    measurements: list[Measurement]
    gates: list[GateResult]
    importances: list[Importance]
    points: list[Point]
    backtest: Backtest | None = None
    parity: Parity | None = None


def register(attempt: Attempt, dataset: Dataset, candidate: Candidate) -> tuple[int, str]:
    """Writes the run, its metrics and its version in one transaction; the version's number and status.

    A version that a gate does not let through is `rejected`. Raises WarehouseLockedError, and DataError where the rows are
    to be frozen and are not those any more that were trained on.
    """
    status = "registered" if all(gate.passed for gate in candidate.gates) else "rejected"
    model, run_id, spec = attempt.spec.name, attempt.run.run_id, attempt.spec
    with attempt.project.warehouse() as warehouse, warehouse.transaction():
        registry = Registry(attempt.project, warehouse)
        registry.create()
        version = registry.next_number("model_versions", "version", "model = ?", [model])
        frozen = _freeze(attempt, warehouse, dataset, version) if spec.freeze else None
        run = attempt.row(status)
        shared = (
            "model",
            "run_id",
            "status",
            "feature_view",
            "label",
            "known_by",
            "spec",
            "environment",
            "content_hash",
        )
        registry.append("training_runs", [{**run, "version": version}])
        registry.append("metrics", [measurement.row(run_id) for measurement in candidate.measurements])
        registry.append("curves", [point.row(run_id) for point in candidate.points])
        registry.append(
            "backtests", [week.row(run_id) for week in candidate.backtest.weeks] if candidate.backtest else []
        )
        registry.append(
            "model_versions",
            [
                {
                    **{name: run[name] for name in shared},
                    "version": version,
                    "created_at": run["finished_at"],
                    "problem": spec.problem,
                    "signature": json.dumps([asdict(feature) for feature in dataset.schema.features]),
                    "classes": json.dumps(dataset.classes) if dataset.classes else None,
                    "gates": json.dumps([asdict(gate) for gate in candidate.gates]),
                    "artifact": candidate.artifact,
                    "artifact_sha256": artifact_hash(candidate.artifact),
                    "estimator_sha256": estimator_hash(attempt.project.root, spec),
                    "staleness": json.dumps(candidate.backtest.worse_per_week) if candidate.backtest else None,
                    "frozen_table": frozen,
                    "parity": json.dumps(asdict(candidate.parity)) if candidate.parity else None,
                }
            ],
        )
        registry.append("model_features", _features(model, version, dataset, candidate.importances))
        key = SigningKey.from_environment()
        if key is not None:
            # as it will be read: JSON as the table has it
            (row,) = registry.rows("model_versions", "model = ? and version = ?", [model, version], columns=SIGNED)
            sign_version(registry, row, key)
    return version, status


def estimator_hash(root: Path, spec: ModelSpec) -> str:
    """SHA-256 of the estimator's file."""
    return hashlib.sha256((root / spec.estimator.split(":", maxsplit=1)[0]).read_bytes()).hexdigest()


def _features(model: str, version: int, dataset: Dataset, importances: list[Importance]) -> list[dict[str, object]]:
    return [
        {
            "model": model,
            "version": version,
            "feature": feature.name,
            "position": position,
            "type": feature.type,
            "kind": feature.kind,
            "importance_metric": worth.metric,
            "importance": worth.shuffled,
            "importance_spread": worth.spread,
            "importance_dropped": worth.dropped,
        }
        for position, (feature, worth) in enumerate(zip(dataset.schema.features, importances, strict=True))
    ]


def _freeze(attempt: Attempt, warehouse: Warehouse, dataset: Dataset, version: int) -> str:
    """Keeps the rows of the training set in a table of their own; its name, with the schema."""
    project, spec = attempt.project, attempt.spec
    training_set = define_training_set(project.view_in(warehouse, spec.feature_view), spec, attempt.known_by)
    now = contents(training_set).content_hash
    if now != dataset.contents.content_hash:
        raise DataError(
            f"feature view {spec.feature_view}: its rows changed while the model was trained, so that they cannot be frozen; "
            f"let dbt end, then: asof train {spec.name}"
        )
    name = f"training_set_{spec.name}_{version}"
    select = ibis.to_sql(training_set.to_keep, dialect="duckdb")
    warehouse.execute(f"create table {warehouse.qualified(project.registry_schema, name)} as\n{select}")
    return f"{project.registry_schema}.{name}"


def record_failure(attempt: Attempt, error: BaseException) -> None:
    """Writes the row of a run that failed; where even that fails, the error gets a note of it."""
    if isinstance(error, WarehouseLockedError):  # It was waited for once.
        error.add_note("this attempt is not recorded, for the same reason")
        return
    try:
        with attempt.project.warehouse() as warehouse, warehouse.transaction():
            registry = Registry(attempt.project, warehouse)
            registry.create()
            registry.append("training_runs", [attempt.row("failed", error)])
    except AsofError as unrecorded:
        error.add_note(f"this attempt could not be recorded either: {unrecorded}")

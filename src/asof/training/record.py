"""What a training run writes: its row whatever happens, and a version with everything about it when it succeeds."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import ibis

from asof.errors import AsofError, DataError, WarehouseLockedError
from asof.features.pins import Pins
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.artifact import artifact_hash
from asof.registry.rows import FeatureRow, TrainingRunRow, VersionRow
from asof.registry.runs import Attempt, Run
from asof.registry.signing import SigningKey, sign_version
from asof.registry.store import writing
from asof.registry.training_runs import add_run
from asof.registry.versions import add_version, next_version, version_row
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


def begin(project: Project, spec: ModelSpec, known_by: datetime) -> Attempt[TrainingRunRow]:
    """A training run that begins now."""
    return Attempt(TrainingRunRow, Run(spec.name, project.clock)).knowing(
        known_by=known_by,
        feature_view=spec.view,
        label=spec.label,
        spec=spec.model_dump_json(exclude_none=True),
        environment=json.dumps(environment(project.root)),
    )


def facts_of(data: TrainingData) -> dict[str, object]:
    """What the row of a training run says of its data."""
    found = data.dataset.contents
    return {
        "train_rows": found.train,
        "validation_rows": found.validation,
        "test_rows": found.test,
        "unused_rows": found.unused,
        "unlabelled_rows": found.unlabelled,
        "query": data.query,
        "content_hash": found.content_hash,
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
    pins: Pins | None = None
    view_model: str | None = None


def register(
    attempt: Attempt[TrainingRunRow], project: Project, spec: ModelSpec, dataset: Dataset, candidate: Candidate
) -> tuple[int, str]:
    """Writes the run, its metrics and its version in one transaction; the version's number and status.

    A version that a gate does not let through is `rejected`. Raises WarehouseLockedError, and DataError where the rows are
    to be frozen and are no longer those that were trained on.
    """
    status = "registered" if all(gate.passed for gate in candidate.gates) else "rejected"
    model, run_id = spec.name, attempt.run.run_id
    with writing(project) as registry:
        version = next_version(registry, model)
        frozen = _freeze(project, spec, registry.warehouse, dataset, attempt, version) if spec.freeze else None
        run = attempt.ended(status, version=version)
        add_run(
            registry,
            run,
            metrics=[measurement.row(run_id) for measurement in candidate.measurements],
            points=[point.row(run_id) for point in candidate.points],
            weeks=[week.row(run_id) for week in candidate.backtest.weeks] if candidate.backtest else [],
        )
        row = _version(project, spec, dataset, candidate, run, frozen)
        add_version(registry, row, _features(model, version, dataset, candidate))
        key = SigningKey.from_environment()
        if key is not None:
            # as it will be read: JSON as the table has it
            sign_version(registry, version_row(registry, model, version, row.known_by), key)
    return version, status


def _version(
    project: Project,
    spec: ModelSpec,
    dataset: Dataset,
    candidate: Candidate,
    run: TrainingRunRow,
    frozen: str | None,
) -> VersionRow:
    """The row of the version that a run made. `run` has its number."""
    assert run.version is not None, "a run that makes a version"  # noqa: S101
    backtest, parity, pins = candidate.backtest, candidate.parity, candidate.pins
    return VersionRow(
        model=run.model,
        version=run.version,
        run_id=run.run_id,
        created_at=run.finished_at,
        status=run.status,
        problem=spec.problem,
        feature_view=run.feature_view,
        label=run.label,
        known_by=run.known_by,
        signature=json.dumps([asdict(feature) for feature in dataset.schema.features]),
        gates=json.dumps([asdict(gate) for gate in candidate.gates]),
        spec=run.spec,
        environment=run.environment,
        artifact=candidate.artifact,
        artifact_sha256=artifact_hash(candidate.artifact),
        classes=json.dumps(dataset.classes) if dataset.classes else None,
        content_hash=run.content_hash,
        estimator_sha256=estimator_hash(project.root, spec),
        staleness=json.dumps(backtest.worse_per_week) if backtest else None,
        frozen_table=frozen,
        parity=json.dumps(asdict(parity)) if parity else None,
        view_model=candidate.view_model,
        built_from=json.dumps(pins.built_from) if pins else None,
        label_fingerprint=pins.fingerprints[spec.label] if pins else None,
    )


def estimator_hash(root: Path, spec: ModelSpec) -> str:
    """SHA-256 of the estimator's file."""
    return hashlib.sha256((root / spec.estimator.split(":", maxsplit=1)[0]).read_bytes()).hexdigest()


def _features(model: str, version: int, dataset: Dataset, candidate: Candidate) -> list[FeatureRow]:
    fingerprints = candidate.pins.fingerprints if candidate.pins else {}
    worths = zip(dataset.schema.features, candidate.importances, strict=True)
    return [
        FeatureRow(
            model=model,
            version=version,
            feature=feature.name,
            position=position,
            type=feature.type,
            kind=feature.kind,
            importance_metric=worth.metric,
            importance=worth.shuffled,
            importance_spread=worth.spread,
            importance_dropped=worth.dropped,
            fingerprint=fingerprints.get(feature.name),
        )
        for position, (feature, worth) in enumerate(worths)
    ]


def _freeze(
    project: Project,
    spec: ModelSpec,
    warehouse: Warehouse,
    dataset: Dataset,
    attempt: Attempt[TrainingRunRow],
    version: int,
) -> str:
    """Keeps the rows of the training set in a table of their own; its name, with the schema."""
    training_set = define_training_set(project.view_in(warehouse, spec.view), spec, attempt.facts["known_by"])
    now = contents(training_set).content_hash
    if now != dataset.contents.content_hash:
        raise DataError(
            f"feature view {spec.view}: its rows changed while the model was trained, so that they cannot be frozen; "
            f"let dbt end, then: asof train {spec.name}"
        )
    name = f"training_set_{spec.name}_{version}"
    select = ibis.to_sql(training_set.to_keep, dialect="duckdb")
    warehouse.execute(f"create table {warehouse.qualified(project.registry_schema, name)} as\n{select}")
    return f"{project.registry_schema}.{name}"


def record_failure(attempt: Attempt[TrainingRunRow], project: Project, error: BaseException) -> None:
    """Writes the row of a run that failed; where even that fails, the error gets a note of it."""
    if isinstance(error, WarehouseLockedError):  # It was waited for once.
        error.add_note("this attempt is not recorded, for the same reason")
        return
    try:
        with writing(project) as registry:
            add_run(registry, attempt.ended("failed", error))
    except AsofError as unrecorded:
        error.add_note(f"this attempt could not be recorded either: {unrecorded}")

"""Training, from end to end: read, fit, evaluate, check the gates, register. Every attempt leaves a row behind it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asof.clock import as_utc
from asof.errors import DataError, RegistryError
from asof.progress import Progress, Silent
from asof.registry.aliases import version_behind
from asof.registry.artifact import artifact_hash, dump_artifact, load_artifact
from asof.registry.scoring import score
from asof.registry.store import Registry
from asof.registry.versions import ModelVersion, load_version
from asof.spec.model_spec import ModelSpec
from asof.spec.project import Project
from asof.training.data.dataset import Dataset, read_dataset
from asof.training.fit.estimator import build_estimator, fit_estimator
from asof.training.judge.evaluate import Measurement, baseline_score, evaluate
from asof.training.judge.gates import GateResult, check_gates
from asof.training.record import Attempt, record_failure, register

_PARITY_ROWS = 1000


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training run: the version, whether its gates passed, and every measurement."""

    model: str
    run_id: str
    version: int
    status: str
    known_by: datetime
    train_rows: int
    validation_rows: int
    test_rows: int
    measurements: list[Measurement]
    gates: list[GateResult]

    def metric(self, name: str, split: str = "test") -> float | None:
        """The value of a metric on a whole split. Raises DataError when it was not measured."""
        for found in self.measurements:
            if (found.metric, found.split, found.slice_by) == (name, split, "all"):
                return found.value
        raise DataError(f"run {self.run_id}: no metric '{name}' on the {split} split")


def train(
    model: str | ModelSpec,
    project: Project | None = None,
    *,
    known_by: datetime | None = None,
    progress: Progress | None = None,
) -> TrainingResult:
    """Trains a new version of a model on what was known at `known_by` (the project's present), and registers it.

    Raises an AsofError when it cannot; the attempt is in `ml.training_runs` all the same, as failed. A version that
    fails a gate is registered as rejected, and no error.
    """
    project = project or Project.open()
    progress = progress or Silent()
    spec = project.model_spec(model) if isinstance(model, str) else model
    attempt = Attempt(project, spec, as_utc(known_by) if known_by else project.clock.now())
    try:
        return _train(attempt, progress)
    except (Exception, KeyboardInterrupt) as error:
        record_failure(attempt, error)
        raise


def _train(attempt: Attempt, progress: Progress) -> TrainingResult:
    project, spec = attempt.project, attempt.spec
    progress.step(f"reading {spec.feature_view}")
    with project.warehouse(read_only=True) as warehouse:
        champion = _champion(project, Registry(project, warehouse), spec)
        view = project.view_in(warehouse, spec.feature_view)
        if champion is not None:
            champion.schema.check(view.table.schema().items(), f"champion {champion.title}, which a gate compares with")
        dataset = read_dataset(view, spec, attempt.known_by, champion.schema if champion else None)
    attempt.dataset = dataset

    progress.step(f"fitting on {dataset.train.rows.num_rows:,} rows")
    estimator = build_estimator(project.root, spec.estimator, dataset.schema, spec.problem)
    frame = dataset.train.frame(dataset.schema)
    estimator = fit_estimator(estimator, frame, dataset.train.labels, project.root, spec.estimator)

    progress.step("evaluating")
    baseline = baseline_score(dataset.train.labels)
    measurements: list[Measurement] = []
    for name, part in (("validation", dataset.validation), ("test", dataset.test)):
        scores = score(estimator, part.frame(dataset.schema), spec.problem, f"model {spec.name}")
        rivals = champion.score(part.frame(champion.schema)) if champion else None
        measurements += evaluate(spec, name, part, scores, baseline, rivals)
    gates = check_gates(spec, measurements)

    progress.step("registering")
    artifact = dump_artifact(estimator, project.trusted_types, f"model {spec.name}")
    _check_parity(project, spec, estimator, artifact, dataset)
    version, status = register(attempt, dataset, artifact, measurements, gates)
    return TrainingResult(
        model=spec.name,
        run_id=attempt.run.run_id,
        version=version,
        status=status,
        known_by=attempt.known_by,
        train_rows=dataset.train.rows.num_rows,
        validation_rows=dataset.validation.rows.num_rows,
        test_rows=dataset.test.rows.num_rows,
        measurements=measurements,
        gates=gates,
    )


def _champion(project: Project, registry: Registry, spec: ModelSpec) -> ModelVersion | None:
    if not any(gate.versus == "champion" for gate in spec.gates):
        return None
    version = version_behind(registry, spec.name, "champion", project.clock.now())
    if version is None:
        return None
    champion = load_version(registry, spec.name, version, project.trusted_types)
    if (champion.problem, champion.label) != (spec.problem, spec.label):
        raise RegistryError(
            f"champion {champion.title}, which a gate compares with, is a {champion.problem} model of {champion.label}; "
            f"this spec is a {spec.problem} model of {spec.label}: give it another name"
        )
    return champion


def _check_parity(project: Project, spec: ModelSpec, estimator: Any, artifact: bytes, dataset: Dataset) -> None:
    """What will be loaded must score as what was evaluated does, to the bit."""
    owner = f"model {spec.name}"
    loaded = load_artifact(artifact, artifact_hash(artifact), project.trusted_types, owner)
    frame = dataset.test.frame(dataset.schema).head(_PARITY_ROWS)
    fitted, stored = (score(each, frame, spec.problem, owner) for each in (estimator, loaded))
    differ = int((fitted != stored).sum())
    if differ:
        raise DataError(
            f"{owner}: the stored estimator scores {differ} of {len(frame)} rows otherwise than the fitted one"
        )

"""What a training run writes: its row whatever happens, and a version with everything about it when it succeeds."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime

from asof.errors import AsofError, WarehouseLockedError
from asof.registry.artifact import artifact_hash
from asof.registry.runs import Run
from asof.registry.store import Registry
from asof.spec.model_spec import ModelSpec
from asof.spec.project import Project
from asof.training.data.dataset import Dataset
from asof.training.environment import environment
from asof.training.judge.evaluate import Measurement
from asof.training.judge.gates import GateResult


@dataclass
class Attempt:
    """What is known of a training run so far; its dataset once it has been read."""

    project: Project
    spec: ModelSpec
    known_by: datetime
    run: Run = field(init=False)
    dataset: Dataset | None = None

    def __post_init__(self) -> None:
        self.run = Run(self.spec.name, self.project.clock)

    def row(self, status: str, error: BaseException | None = None) -> dict[str, object]:
        """The row of `training_runs`, but for the version."""
        spec, dataset = self.spec, self.dataset
        return {
            **self.run.columns(status, error),
            "known_by": self.known_by,
            "feature_view": spec.feature_view,
            "label": spec.label,
            "train_rows": dataset.train.rows.num_rows if dataset else None,
            "validation_rows": dataset.validation.rows.num_rows if dataset else None,
            "test_rows": dataset.test.rows.num_rows if dataset else None,
            "unused_rows": dataset.unused_rows if dataset else None,
            "spec": spec.model_dump_json(exclude_none=True),
            "environment": json.dumps(environment()),
        }


def register(
    attempt: Attempt, dataset: Dataset, artifact: bytes, measurements: list[Measurement], gates: list[GateResult]
) -> tuple[int, str]:
    """Writes the run, its metrics and its version in one transaction; the version's number and status.

    A version that a gate does not let through is `rejected`. Raises WarehouseLockedError.
    """
    status = "registered" if all(gate.passed for gate in gates) else "rejected"
    model = attempt.spec.name
    signature = [asdict(feature) for feature in dataset.schema.features]
    with attempt.project.warehouse() as warehouse, warehouse.transaction():
        registry = Registry(attempt.project, warehouse)
        registry.create()
        version = registry.next_number("model_versions", "version", "model = ?", [model])
        run = attempt.row(status)
        shared = ("model", "run_id", "status", "feature_view", "label", "known_by", "spec", "environment")
        registry.append("training_runs", [{**run, "version": version}])
        registry.append("metrics", [measurement.row(attempt.run.run_id) for measurement in measurements])
        registry.append(
            "model_versions",
            [
                {
                    **{name: run[name] for name in shared},
                    "version": version,
                    "created_at": run["finished_at"],
                    "problem": attempt.spec.problem,
                    "signature": json.dumps(signature),
                    "gates": json.dumps([asdict(gate) for gate in gates]),
                    "artifact": artifact,
                    "artifact_sha256": artifact_hash(artifact),
                }
            ],
        )
        registry.append(
            "model_features",
            [
                {
                    "model": model,
                    "version": version,
                    "feature": feature["name"],
                    "position": position,
                    "type": feature["type"],
                    "kind": feature["kind"],
                }
                for position, feature in enumerate(signature)
            ],
        )
    return version, status


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

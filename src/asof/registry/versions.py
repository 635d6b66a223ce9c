"""Model versions: what a registered one is, and how it is found and made ready to score."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from asof.errors import RegistryError
from asof.registry.artifact import Trust, load_artifact
from asof.registry.store import Registry
from asof.scoring.score import score
from asof.spec.durations import parse_duration
from asof.spec.metric_names import Problem
from asof.spec.model_spec import ModelSpec
from asof.spec.project import Project
from asof.warehouse.schema import Feature, FeatureSchema

_COLUMNS = (
    *("status", "problem", "label", "feature_view", "known_by", "spec", "signature", "classes"),
    *("artifact", "artifact_sha256"),
)


@dataclass(frozen=True)
class ModelVersion:
    """A registered version with its estimator, ready to score.

    `classes` are those of a multiclass problem. `known_by` is its data cut-off, `seen_until` when its test split began: it was not fitted on, stopped or
    calibrated by a row of a later moment.
    """

    model: str
    version: int
    status: str
    problem: Problem
    label: str
    feature_view: str
    schema: FeatureSchema
    classes: tuple[str | int, ...]
    known_by: datetime
    seen_until: datetime
    estimator: Any

    @property
    def title(self) -> str:
        return f"{self.model} version {self.version}"

    @property
    def score_columns(self) -> list[str]:
        """The columns of the prediction table that scores go to: `score`, or `score_<class>` for each class."""
        return [f"score_{name}" for name in self.classes] if self.problem == "multiclass" else ["score"]

    @property
    def score_shape(self) -> tuple[int, ...]:
        """The shape of the scores of one row."""
        return (len(self.classes),) if self.problem == "multiclass" else ()

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        """Scores of these rows, shape (rows,), of several classes (rows, classes)."""
        return score(self.estimator, frame, self.problem, self.title)


def recorded_spec(text: str, title: str) -> ModelSpec:
    """The spec that a version was trained with. Raises RegistryError when it is none by today's rules."""
    try:
        return ModelSpec.model_validate_json(text)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, each['loc']))} {each['msg']}".strip() for each in error.errors())
        raise RegistryError(
            f"{title} has a spec of an asof with other rules ({told}); train anew, or use the asof that trained it"
        ) from None


def load_version(registry: Registry, model: str, version: int, project: Project) -> ModelVersion:
    """A version by its number. Raises RegistryError when there is none, ArtifactError when it cannot be trusted."""
    found = registry.rows("model_versions", "model = ? and version = ?", [model, version], columns=_COLUMNS)
    if not found:
        raise RegistryError(f"model {model} has no version {version}; see which it has with: asof status")
    row = found[0]
    owner = f"{model} version {version}"
    return ModelVersion(
        model=model,
        version=version,
        status=row["status"],
        problem=row["problem"],
        label=row["label"],
        feature_view=row["feature_view"],
        schema=FeatureSchema(tuple(Feature(**column) for column in json.loads(row["signature"]))),
        known_by=row["known_by"],
        seen_until=row["known_by"] - parse_duration(json.loads(row["spec"])["split"]["test"]),
        classes=tuple(json.loads(row["classes"] or "[]")),
        estimator=load_artifact(row["artifact"], row["artifact_sha256"], Trust.of(project), owner),
    )

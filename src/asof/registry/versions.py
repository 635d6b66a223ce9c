"""Model versions: what a registered one is, and how it is found and made ready to score."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from asof.errors import RegistryError
from asof.registry.artifact import load_artifact
from asof.registry.scoring import score
from asof.registry.store import Registry
from asof.spec.metric_names import Problem
from asof.warehouse.schema import Feature, FeatureSchema

_COLUMNS = ("status", "problem", "label", "feature_view", "signature", "artifact", "artifact_sha256")


@dataclass(frozen=True)
class ModelVersion:
    """A registered version with its estimator, ready to score."""

    model: str
    version: int
    status: str
    problem: Problem
    label: str
    feature_view: str
    schema: FeatureSchema
    estimator: Any

    @property
    def title(self) -> str:
        return f"{self.model} version {self.version}"

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        """Scores of these rows, shape (rows,)."""
        return score(self.estimator, frame, self.problem, self.title)


def load_version(registry: Registry, model: str, version: int, trusted_types: Iterable[str]) -> ModelVersion:
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
        estimator=load_artifact(row["artifact"], row["artifact_sha256"], trusted_types, owner),
    )

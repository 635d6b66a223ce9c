"""A registered version with its fitted estimator, ready to score."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from asof.durations import parse_duration
from asof.errors import RegistryError, SignatureError, SpecError
from asof.features.signature import FeatureSchema
from asof.metrics.metric import Problem
from asof.project import Project
from asof.registry.artifact import Trust, load_artifact
from asof.registry.resolve import resolve
from asof.registry.rows import VersionRow
from asof.registry.signing import require_signature
from asof.registry.store import Registry, reading
from asof.registry.versions import read_signature, version_row
from asof.scoring.score import score
from asof.scoring.scorer import Scorer


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
    signature: FeatureSchema
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

    def scorer(self) -> Scorer:
        """Its fast way to score rows, as Arrow columns in the order of its signature."""
        return Scorer(self.estimator, self.signature, self.problem, self.title)

    def score(self, rows: "pd.DataFrame | pa.Table") -> np.ndarray:
        """Scores of these rows, shape (rows,), of several classes (rows, classes) in the order of `classes`.

        Takes the columns of `signature` by their names; others are left out. Raises SignatureError where one is missing,
        EstimatorError where the estimator refuses the rows.
        """
        return score(self.estimator, self._frame(rows), self.problem, self.title)

    def _frame(self, rows: "pd.DataFrame | pa.Table") -> pd.DataFrame:
        """The rows as the estimator learned from such: numbers as float64, text as objects with None."""
        names = list(rows.column_names) if isinstance(rows, pa.Table) else list(rows.columns)
        missing = [name for name in self.signature.names if name not in names]
        if missing:
            raise SignatureError(
                f"{self.title}: it was trained on {', '.join(missing)}, which these rows do not have (they have "
                f"{', '.join(map(str, names))})"
            )
        if isinstance(rows, pa.Table):
            return self.signature.frame(rows)
        if names == self.signature.names and set(map(str, rows.dtypes)) <= {"float64", "object"}:
            return rows
        table = pa.Table.from_pandas(rows[self.signature.names], preserve_index=False)
        return self.signature.frame(table)


def load_model(model: str, version: int | str = "champion", project: Project | None = None) -> ModelVersion:
    """A registered version, by its number or by an alias that is on it, with its fitted estimator.

    Example: `asof.load_model("flight_delay").score(view.table.limit(10).to_pyarrow())`.

    Raises RegistryError where there is no such version or the alias is free, ArtifactError where it cannot be trusted.
    """
    project = project or Project.open()
    with reading(project) as registry:
        project.model_spec(model)
        number = resolve(registry, model, version, project.clock.now())
        return load_version(registry, model, number, project)


def load_version(
    registry: Registry, model: str, version: int, project: Project, *, of_any_time: bool = False
) -> ModelVersion:
    """A version by its number. Raises RegistryError when there is none by the project's present, ArtifactError when it cannot
    be trusted. With `of_any_time` the caller has decided that it is the version of its moment.
    """
    now = None if of_any_time else project.clock.now()
    row = version_row(registry, model, version, now, artifact=True)
    require_signature(registry, row, project)
    try:
        read = _read_row(row)
        artifact, sha256 = bytes(row.artifact or b""), str(row.artifact_sha256)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError, SpecError) as error:
        raise RegistryError(
            f"{row.title}: its row in {registry.schema}.model_versions is damaged ({type(error).__name__}: {error}); restore "
            f"the warehouse from a backup, or train again with: asof train {model}"
        ) from None
    estimator = load_artifact(artifact, sha256, Trust.of(project), row.title)
    return ModelVersion(model=model, version=version, **read, estimator=estimator)


def _read_row(row: VersionRow) -> dict[str, Any]:
    """The fields of a version from its row in the registry, of which nothing is taken on trust."""
    if row.problem not in get_args(Problem):
        raise ValueError(f"problem is {row.problem!r}")
    return {
        **{name: str(getattr(row, name)) for name in ("status", "problem", "label", "feature_view")},
        "signature": read_signature(row),
        "known_by": row.known_by,
        "seen_until": row.known_by - parse_duration(json.loads(row.spec)["split"]["test"]),
        "classes": tuple(json.loads(row.classes or "[]")),
    }

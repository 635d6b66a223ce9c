"""Does a version come out again? Rebuilds its training set, refits its estimator and measures it anew. Writes nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asof.errors import RegistryError
from asof.features.signature import Feature, FeatureSchema
from asof.model_spec.spec import ModelSpec
from asof.progress import Progress, Silent
from asof.project import Project
from asof.registry.signing import SIGNED, require_signature
from asof.registry.store import Registry
from asof.registry.versions import recorded_spec
from asof.training.data.reading import read_training_data
from asof.training.data.training_set import SPLIT
from asof.training.environment import environment
from asof.training.fit.fitting import Fitter
from asof.training.judge.evaluate import ALL, Measurement
from asof.training.judge.verdict import judge
from asof.training.record import estimator_hash
from asof.training.spool import spool_folder

_VERSION = (
    "run_id",
    "spec",
    "signature",
    "known_by",
    "content_hash",
    "estimator_sha256",
    "environment",
    "frozen_table",
)
_RUN = ("train_rows", "validation_rows", "test_rows")
_METRIC = ("split", "slice_by", "slice", "metric", "value")


@dataclass(frozen=True)
class Comparison:
    """A metric of a whole split, as it was recorded and as it came out now."""

    split: str
    metric: str
    recorded: float | None
    now: float | None

    @property
    def agrees(self) -> bool:
        return self.recorded == self.now


@dataclass(frozen=True)
class Reproduction:
    """What came of it. `changes` says what is known to be different from then: libraries, the estimator's file."""

    model: str
    version: int
    known_by: datetime
    recorded_rows: tuple[int, int, int]
    rows: tuple[int, int, int]
    recorded_hash: str
    content_hash: str
    frozen: bool
    metrics: list[Comparison]
    slices_that_differ: int
    changes: list[str]
    rows_agree: bool
    metrics_agree: bool

    @property
    def agrees(self) -> bool:
        return self.rows_agree and self.metrics_agree


def reproduce(
    model: str, version: int, project: Project | None = None, *, progress: Progress | None = None
) -> Reproduction:
    """Trains a version again as it was: its own spec, its data cut-off, its rows where they were frozen.

    Metrics agree when they are equal to the last digit. Raises RegistryError when there is no such version, or it is of an
    asof that did not record enough.
    """
    with spool_folder() as spool:
        return _reproduce(model, version, project or Project.open(), progress or Silent(), spool)


def _reproduce(model: str, version: int, project: Project, progress: Progress, spool: Path) -> Reproduction:
    with project.warehouse(read_only=True) as warehouse:
        registry = Registry(project, warehouse)
        recorded = _recorded(registry, model, version, project)
        spec = recorded_spec(recorded["spec"], f"{model} version {version}")
        progress.step(f"reading {spec.feature_view} as of {recorded['known_by']:%Y-%m-%d %H:%M}")
        view = project.view_in(warehouse, spec.feature_view)
        if recorded["frozen_table"] is not None:
            view = view.reading(recorded["frozen_table"], but=[SPLIT])
        schema = FeatureSchema(tuple(Feature(**column) for column in json.loads(recorded["signature"])))
        schema.check(view.table.schema().items(), f"{model} version {version}")
        fitter = Fitter(project.root, spec, schema)
        dataset = read_training_data(
            view,
            spec,
            recorded["known_by"],
            schema=schema,
            single=fitter.computes_in_single_precision,
            spool=spool,
        ).dataset
        found = dataset.contents
    progress.step(f"fitting on {found.train:,} rows")
    estimator = fitter.fit(dataset.train, dataset.validation)
    progress.step("judging")
    measurements = judge(spec, dataset, estimator, None).measurements
    metrics, slices = _compare(recorded["metrics"], measurements)
    return Reproduction(
        model=model,
        version=version,
        known_by=recorded["known_by"],
        recorded_rows=tuple(recorded[name] for name in _RUN),
        rows=(found.train, found.validation, found.test),
        recorded_hash=recorded["content_hash"],
        content_hash=found.content_hash,
        frozen=recorded["frozen_table"] is not None,
        metrics=metrics,
        slices_that_differ=slices,
        changes=_changes(project, spec, recorded),
        rows_agree=recorded["content_hash"] == found.content_hash,
        metrics_agree=all(metric.agrees for metric in metrics) and not slices,
    )


def _recorded(registry: Registry, model: str, version: int, project: Project) -> dict[str, Any]:
    """The version's row with the counts of its run and its metrics. Raises RegistryError, ArtifactError for one that is not signed
    where it must be.
    """
    now = project.clock.now()
    condition, parameters = "model = ? and version = ? and known_by <= ?", [model, version, now]
    found = registry.rows("model_versions", condition, parameters, columns=tuple(dict.fromkeys([*_VERSION, *SIGNED])))
    if not found:
        known = f"by {now:%Y-%m-%d %H:%M} UTC"
        raise RegistryError(f"model {model} has no version {version} {known}; see which it has with: asof status")
    require_signature(registry, found[0], project)  # its spec names the file that is run
    if found[0]["content_hash"] is None:
        raise RegistryError(
            f"model {model} version {version} was registered by an older asof, which did not record the hash of its rows; "
            f"train anew with: asof train {model}"
        )
    (run,) = registry.rows("training_runs", "run_id = ?", [found[0]["run_id"]], columns=_RUN)
    metrics = registry.rows("metrics", "run_id = ?", [found[0]["run_id"]], columns=_METRIC)
    return {**found[0], **run, "metrics": metrics}


def _compare(recorded: Sequence[dict[str, Any]], measurements: Sequence[Measurement]) -> tuple[list[Comparison], int]:
    """The metrics of whole splits side by side, and how many figures of slices differ."""
    then = {tuple(row[name] for name in _METRIC[:-1]): row["value"] for row in recorded}
    now = {(m.split, m.slice_by, m.slice, m.metric): m.value for m in measurements}
    whole, slices = [], 0
    for place in dict.fromkeys([*then, *now]):
        split, slice_by, _, metric = place
        if slice_by == ALL:
            whole.append(Comparison(split, metric, then.get(place), now.get(place)))
        else:
            slices += then.get(place) != now.get(place)
    return sorted(whole, key=lambda each: (each.split, each.metric)), slices


def _changes(project: Project, spec: ModelSpec, recorded: dict[str, Any]) -> list[str]:
    then, now = json.loads(recorded["environment"]), environment()
    changes = [
        f"{name} {then.get(name, 'absent')} then, {now.get(name, 'absent')} now"
        for name in dict.fromkeys([*then, *now])
        if then.get(name) != now.get(name)
    ]
    if recorded["estimator_sha256"] != estimator_hash(project.root, spec):
        changes.append(f"the file of {spec.estimator} is not the one that the version was built with")
    return changes

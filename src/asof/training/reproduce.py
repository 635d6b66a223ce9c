"""Does a version come out again? Rebuilds its training set, refits its estimator and measures it again. Writes nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asof.clock import written
from asof.errors import RegistryError
from asof.model_spec.spec import ModelSpec
from asof.progress import Progress, Silent
from asof.project import Project
from asof.registry.rows import MetricRow, VersionRow
from asof.registry.signing import require_signature
from asof.registry.store import Registry, reading
from asof.registry.training_runs import RecordedRun, read_run
from asof.registry.versions import read_signature, recorded_spec, version_row
from asof.training.data.reading import read_training_data
from asof.training.data.training_set import SPLIT, define_training_set
from asof.training.environment import environment
from asof.training.fit.fitting import Fitter
from asof.training.judge.evaluate import ALL, Measurement
from asof.training.judge.verdict import judge
from asof.training.record import estimator_hash
from asof.training.spool import spool_folder


@dataclass(frozen=True)
class ReproducedMetric:
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
    metrics: list[ReproducedMetric]
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
    with reading(project) as registry:
        row, recorded = _recorded(registry, model, version, project)
        spec = recorded_spec(row)
        progress.step(f"reading {spec.view} as of {written(row.known_by)}")
        view = project.view_in(registry.warehouse, spec.view)
        if row.frozen_table is not None:
            view = view.reading(row.frozen_table, but=[SPLIT])
        schema = read_signature(row)
        schema.check(view.table.schema().items(), f"{model} version {version}")
        fitter = Fitter(project.root, spec, schema)
        dataset = read_training_data(
            define_training_set(view, spec, row.known_by, schema),
            single=fitter.computes_in_single_precision,
            spool=spool,
        ).dataset
        found = dataset.contents
    progress.step(f"fitting on {found.train:,} rows")
    estimator = fitter.fit(dataset.train, dataset.validation)
    progress.step("judging")
    measurements = judge(spec, dataset, estimator, None).measurements
    metrics, slices = _compare(recorded.metrics, measurements)
    return Reproduction(
        model=model,
        version=version,
        known_by=row.known_by,
        recorded_rows=(recorded.run.train_rows or 0, recorded.run.validation_rows or 0, recorded.run.test_rows or 0),
        rows=(found.train, found.validation, found.test),
        recorded_hash=str(row.content_hash),
        content_hash=found.content_hash,
        frozen=row.frozen_table is not None,
        metrics=metrics,
        slices_that_differ=slices,
        changes=_changes(project, spec, row),
        rows_agree=row.content_hash == found.content_hash,
        metrics_agree=all(metric.agrees for metric in metrics) and not slices,
    )


def _recorded(registry: Registry, model: str, version: int, project: Project) -> tuple[VersionRow, RecordedRun]:
    """The version's row and its run. Raises RegistryError, ArtifactError for a version that is not signed where it must be."""
    row = version_row(registry, model, version, project.clock.now())
    require_signature(registry, row, project)  # its spec names the file that is run
    if row.content_hash is None:
        raise RegistryError(
            f"{row.title} was registered by an older asof, which did not record the hash of its rows; "
            f"train again with: asof train {model}"
        )
    return row, read_run(registry, row.run_id)


def _compare(recorded: Sequence[MetricRow], measurements: Sequence[Measurement]) -> tuple[list[ReproducedMetric], int]:
    """The metrics of whole splits side by side, and how many figures of slices differ."""
    then = {(m.split, m.slice_by, m.slice, m.metric): m.value for m in recorded}
    now = {(m.split, m.slice_by, m.slice, m.metric): m.value for m in measurements}
    whole, slices = [], 0
    for place in dict.fromkeys([*then, *now]):
        split, slice_by, _, metric = place
        if slice_by == ALL:
            whole.append(ReproducedMetric(split, metric, then.get(place), now.get(place)))
        else:
            slices += then.get(place) != now.get(place)
    return sorted(whole, key=lambda each: (each.split, each.metric)), slices


def _changes(project: Project, spec: ModelSpec, version: VersionRow) -> list[str]:
    then, now = json.loads(version.environment), environment(project.root)
    changes = [
        f"{name} {then.get(name, 'absent')} then, {now.get(name, 'absent')} now"
        for name in dict.fromkeys([*then, *now])
        if then.get(name) != now.get(name)
    ]
    if version.estimator_sha256 != estimator_hash(project.root, spec):
        changes.append(f"the file of {spec.estimator} is not the one that the version was built with")
    return changes

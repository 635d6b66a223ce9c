"""Two versions of a model side by side on the same rows, which neither was fitted on, with a paired test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np

from asof.clock import written
from asof.errors import DataError, RegistryError
from asof.features.view import LABEL_KNOWN_AT, FeatureView
from asof.metrics.catalog import METRICS
from asof.model_spec.spec import ModelSpec
from asof.progress import Progress, Silent
from asof.project import Project
from asof.registry.model_version import ModelVersion, load_version
from asof.registry.resolve import resolve
from asof.registry.store import reading
from asof.training.data.dataset import Classes, Part, part_of
from asof.training.data.rows import read_rows
from asof.training.judge.resampling import Resamples, interval

_RESAMPLES = 1000


@dataclass(frozen=True)
class PairedMetric:
    """A metric of both versions on the same rows. `difference` is b less a, between `low` and `high` in 95 % of resamples;
    `p_value` is how often a difference so far from none comes up by chance; None where resampling does not define it.
    """

    metric: str
    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    better: str


@dataclass(frozen=True)
class VersionComparison:
    """Two versions on rows with a moment in [rows_from, rows_to) whose label was known by `known_by`."""

    model: str
    a: int
    b: int
    rows: int
    rows_from: datetime
    rows_to: datetime
    known_by: datetime
    by_day: bool
    metrics: list[PairedMetric]


def compare(
    model: str, a: int | str, b: int | str, project: Project | None = None, *, progress: Progress | None = None
) -> VersionComparison:
    """Scores the newest labelled rows with two versions, each named by its number or an alias.

    The rows are those after the validation split of both, so that neither was fitted, stopped or calibrated on them: for two
    versions of one cut-off their test split, and what has been labelled since.

    Raises RegistryError when a version is missing or they answer different questions, DataError when there is no such row.
    """
    project, progress = project or Project.open(), progress or Silent()
    spec, now = project.model_spec(model), project.clock.now()
    with reading(project) as registry:
        numbers = [resolve(registry, model, which, now) for which in (a, b)]
        first, second = (load_version(registry, model, number, project) for number in numbers)
        _refuse_different_questions(first, second)
        start = max(first.seen_until, second.seen_until)
        if first.problem != spec.problem:
            raise RegistryError(
                f"{first.title} is a {first.problem} model, models/{model}.yml is a {spec.problem} one by now, with metrics of "
                "another kind; compare with the spec of then, or give the new model another name"
            )
        progress.step(f"reading {first.feature_view}")
        view = project.view_in(registry.warehouse, first.feature_view)
        for version in (first, second):
            version.signature.check(view.table.schema().items(), version.title)
        part = _rows(view, spec, first, second, start, now)
    progress.step(f"scoring {len(part.labels):,} rows twice")
    scores = [version.score(part.frame(version.signature)) for version in (first, second)]
    resamples = Resamples(part.moments, _RESAMPLES)
    return VersionComparison(
        model=model,
        a=numbers[0],
        b=numbers[1],
        rows=len(part.labels),
        rows_from=start,
        rows_to=now,
        known_by=now,
        by_day=resamples.by_day,
        metrics=[_paired(spec, metric, part, scores, resamples) for metric in spec.metrics],
    )


def _refuse_different_questions(first: ModelVersion, second: ModelVersion) -> None:
    for name in ("problem", "label", "feature_view", "classes"):
        got = [getattr(version, name) for version in (first, second)]
        if got[0] != got[1]:
            words = name.replace("_", " ")
            raise RegistryError(
                f"{first.title} and {second.title} cannot be compared: their {words} is {got[0]} and {got[1]}"
            )


def _rows(
    view: FeatureView, spec: ModelSpec, first: ModelVersion, second: ModelVersion, start: datetime, now: datetime
) -> Part:
    labelled = view.training_set(first.label, now)
    as_of = labelled[view.meta.as_of]
    chosen = labelled.filter((as_of >= ibis.literal(start)) & (as_of < ibis.literal(now)))
    chosen = chosen.order_by([view.meta.as_of, *view.meta.key])
    wanted = dict.fromkeys(
        [*view.identity, *first.signature.names, *second.signature.names, first.label, LABEL_KNOWN_AT]
    )
    rows = read_rows(view.warehouse, chosen.select(*wanted), first.signature.categorical)
    if rows.num_rows == 0:
        raise DataError(
            f"feature view {view.name}: no labelled row of {written(start)} to {written(now)}, the time that "
            f"neither version was fitted on; build it ({view.meta.build_command}), or set --now later"
        )
    classes: Classes = first.classes
    return part_of(rows, spec.model_copy(update={"label": first.label}), "compared", view.meta.as_of, classes)


def _paired(
    spec: ModelSpec, metric: str, part: Part, scores: Sequence[np.ndarray], resamples: Resamples
) -> PairedMetric:
    """The difference and its test: the resampled differences, moved so that their middle is no difference, are what chance
    gives (Efron and Tibshirani 1993, section 16.4)."""
    every = np.ones(len(part.labels), dtype=bool)
    a, b = (METRICS[spec.problem][metric].value(part.labels, each, spec.threshold) for each in scores)
    if a is None or b is None:
        return PairedMetric(metric, a, b, None, None, None, None, "-")
    drawn = [resamples.deviations(spec.problem, metric, part.labels, each, every, spec.threshold) for each in scores]
    deviations, difference = drawn[1] - drawn[0], b - a
    low, high = interval(difference, deviations)
    direction = METRICS[spec.problem][metric].greater_is_better
    better = "-" if direction is None or difference == 0 else "b" if (difference > 0) == direction else "a"
    p_value = None
    if low is not None:
        defined = deviations[np.isfinite(deviations)]
        beyond = int((np.abs(defined) >= abs(difference)).sum())
        p_value = (beyond + 1) / (len(defined) + 1)
    return PairedMetric(metric, a, b, difference, low, high, p_value, better)

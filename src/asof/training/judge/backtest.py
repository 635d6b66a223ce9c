"""Staleness from a back-test: versions trained at earlier moments, each measured week by week as it would have aged."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np

from asof.errors import DataError
from asof.metrics.catalog import METRICS
from asof.model_spec.spec import ModelSpec
from asof.progress import Progress
from asof.registry.rows import BacktestRow
from asof.scoring.score import score
from asof.training.data.dataset import Classes, Part
from asof.training.data.split import Interval
from asof.training.fit.fitting import Fitter

_ORIGINS = 4
_WEEKS = 8
_WEEK = timedelta(weeks=1)
_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Week:
    """A metric of the version of one origin, on the rows of one week of its age (the first week is 1)."""

    origin: datetime
    week: int
    metric: str
    value: float | None
    row_count: int

    def row(self, run_id: str) -> BacktestRow:
        return BacktestRow(run_id=run_id, **asdict(self))


@dataclass(frozen=True)
class Backtest:
    """How versions age. `worse_per_week` is, by metric, how much worse it gets with each week of age, in its own unit."""

    weeks: list[Week]
    worse_per_week: dict[str, float]


def backtest(spec: ModelSpec, history: Part, classes: Classes, fitter: Fitter, progress: Progress) -> Backtest:
    """Trains at four moments of the past and measures each version on up to eight weeks after it.

    `history` are all labelled rows by the cut-off. A version of an origin is fitted on rows before it whose label was known
    by then, with the spec's validation split before it where something stops early or is calibrated.

    Weeks with fewer rows than a slice must have are left out. Raises DataError when there is too little history for two
    origins, or no week has enough rows.
    """
    first, last = (datetime.fromtimestamp(moment / 1e6, UTC) for moment in (history.moments[0], history.moments[-1]))
    weeks, ages = _plan(last - first, spec.split.validation)
    usable = [last - age for age in ages]
    if len(usable) < 2:
        raise DataError(
            f"model {spec.name}: a back-test needs labelled rows of at least {_needed(spec)} weeks, these are of "
            f"{(last - first) / _WEEK:.1f}; build more history, or train without it"
        )
    found: list[Week] = []
    progress.step("back-testing", total=len(usable))
    for origin in usable:
        found += _of_origin(spec, history, classes, fitter, origin, weeks)
        progress.advance(f"{origin:%Y-%m-%d}")
    if not found:
        raise DataError(
            f"model {spec.name}: no week of the back-test has {spec.min_slice_rows} labelled rows (min_slice_rows in the spec); "
            "lower it, or train without a back-test"
        )
    return Backtest(found, {metric: slope for metric in spec.metrics for slope in _worse_per_week(spec, found, metric)})


def _plan(span: timedelta, validation: timedelta) -> tuple[int, list[timedelta]]:
    """How many weeks of age rows of such a span allow, and how long before the last row the origins lie, oldest first.

    An origin has two weeks of rows to fit on before its validation.
    """
    weeks = min(_WEEKS, int(span / _WEEK / 3))
    spacing = timedelta(weeks=max(1, weeks // 2))
    ages = [timedelta(weeks=weeks) + spacing * number for number in range(_ORIGINS)]
    usable = [age for age in ages if span - age >= validation + 2 * _WEEK]
    return weeks, sorted(usable if weeks >= 2 else [], reverse=True)


def _needed(spec: ModelSpec) -> int:
    """The least number of weeks that gives two origins."""
    return next(n for n in count(1) if len(_plan(n * _WEEK, spec.split.validation)[1]) >= 2)


def _of_origin(
    spec: ModelSpec, history: Part, classes: Classes, fitter: Fitter, origin: datetime, weeks: int
) -> Iterator[Week]:
    begin = origin - spec.split.validation
    train = history.within(Interval(None, begin - spec.split.gap, known_by=begin))
    validation = history.within(Interval(begin, origin, known_by=origin))
    if spec.problem != "regression" and len(np.unique(train.labels)) < max(2, len(classes)):
        return
    estimator = fitter.fit(train, validation)
    for week in range(1, weeks + 1):
        start = origin + _WEEK * (week - 1)
        part = history.within(Interval(start, start + _WEEK, known_by=_EVER))
        if len(part.labels) < spec.min_slice_rows:
            continue
        scores = score(estimator, part.frame(fitter.schema), spec.problem, f"model {spec.name} of {origin:%Y-%m-%d}")
        for metric in spec.metrics:
            yield Week(
                origin,
                week,
                metric,
                METRICS[spec.problem][metric].value(part.labels, scores, spec.threshold),
                len(part.labels),
            )


def _worse_per_week(spec: ModelSpec, weeks: Sequence[Week], metric: str) -> list[float]:
    """The slope of the metric over the age, in the direction of worse; one line for all, moved up or down for each week of
    the calendar, so that a bad week, which all versions see, is not taken for age. Least squares; empty if not defined.
    """
    better = METRICS[spec.problem][metric].greater_is_better
    rows = [(week.origin + _WEEK * week.week, week.week, week.value) for week in weeks if week.metric == metric]
    rows = [(when, age, value) for when, age, value in rows if value is not None]
    if better is None or len(rows) < 3:
        return []
    calendar, position = np.unique(
        [when.timestamp() // _WEEK.total_seconds() for when, _, _ in rows], return_inverse=True
    )
    age, value = (np.array([row[place] for row in rows], dtype=float) for place in (1, 2))
    count = np.bincount(position, minlength=len(calendar))
    age -= (np.bincount(position, age) / count)[position]
    value -= (np.bincount(position, value) / count)[position]
    if not (age**2).sum() > 0:
        return []
    slope = float((age * value).sum() / (age**2).sum())
    return [-slope if better else slope]

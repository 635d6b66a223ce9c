"""The back-test on a world whose ageing is known: a rule that drifts by a fixed amount each week."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from specs import small_spec

from asof.errors import DataError
from asof.features.signature import Feature, FeatureSchema
from asof.progress import Silent
from asof.training.data.dataset import Part
from asof.training.judge.backtest import Week, _worse_per_week, backtest

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
WEEK = timedelta(weeks=1)
SCHEMA = FeatureSchema((Feature("x", "float64", "numeric"),))


def spec(min_slice_rows=5):
    return small_spec(
        problem="regression",
        split={"validation": WEEK, "test": WEEK},
        metrics=["mean_absolute_error", "r2", "mean_error"],
        min_slice_rows=min_slice_rows,
    )


class LastLabel:
    """Predicts the last label that it was fitted on, so that its error is how far the label has moved since."""

    def __init__(self, train, validation):
        self.value = train.labels[-1]
        self.newest = max(train.label_known.max(), validation.label_known.max())

    def predict(self, frame):
        return np.full(len(frame), self.value)


class Fitter:
    schema = SCHEMA

    def __init__(self):
        self.fitted = []

    def fit(self, train, validation):
        self.fitted.append(LastLabel(train, validation))
        return self.fitted[-1]


def history(weeks, rows_a_day=1, known_after=1):
    """A label that grows by one a day; known so many days after."""
    days = np.repeat(np.arange(weeks * 7 + 1), rows_a_day)
    moments = (FIRST.timestamp() * 1e6 + days * 86400e6).astype(np.int64)
    rows = pa.table({"x": np.zeros(len(days))})
    return Part(rows, days.astype(float), moments, moments + known_after * 86_400_000_000)


def test_each_week_of_age_is_as_much_worse_as_the_label_moves():
    fitter = Fitter()
    found = backtest(spec(), history(40), (), fitter, Silent())
    # the newest label is of day 280; eight weeks of age, a month between origins: days 224, 196, 168, 140
    assert sorted({week.origin for week in found.weeks}) == [FIRST + timedelta(days=n) for n in (140, 168, 196, 224)]
    first = {week.week: week for week in found.weeks if week.origin == FIRST + timedelta(days=140)}
    assert sorted(first) == list(range(1, 9))
    # fitted by the begin of its validation, a week before the origin, on labels known then: the last one is of day 132
    errors = [week.value for week in found.weeks if week.metric == "mean_absolute_error" and week.origin.month == 5]
    assert errors == [np.mean([140 + 7 * age + day - 132 for day in range(7)]) for age in range(8)]
    assert found.worse_per_week["mean_absolute_error"] == pytest.approx(7.0)
    assert "mean_error" not in found.worse_per_week, "neither more nor less of it is better"


def test_nothing_is_fitted_on_what_was_not_known_by_its_origin():
    fitter = Fitter()
    found = backtest(spec(), history(40, known_after=3), (), fitter, Silent())
    origins = sorted({week.origin for week in found.weeks})
    assert [fitted.newest for fitted in fitter.fitted] == [origin.timestamp() * 1e6 for origin in origins]
    # the last label that was known when validation began, a week before the origin, is of three days before that
    days = [(origin - FIRST).days for origin in origins]
    assert [fitted.value for fitted in fitter.fitted] == [day - 7 - 3 for day in days]


def test_a_bad_week_that_all_versions_see_is_not_taken_for_age():
    """Every version is as good at any age, but weeks differ, and late weeks are bad: only old versions see them last."""
    weeks = [
        Week(FIRST + WEEK * origin, age, "r2", 0.9 - 0.1 * (origin + age > 9), 100)
        for origin in (0, 4)
        for age in range(1, 9)
    ]
    assert _worse_per_week(spec(), weeks, "r2") == [pytest.approx(0.0, abs=1e-12)]


def test_a_metric_that_should_be_great_gets_worse_when_it_falls():
    weeks = [Week(FIRST + WEEK * o, age, "r2", 0.9 - 0.02 * age, 100) for o in (0, 4) for age in range(1, 9)]
    assert _worse_per_week(spec(), weeks, "r2") == [pytest.approx(0.02)]


def test_too_little_history():
    with pytest.raises(DataError, match="a back-test needs labelled rows of at least 6 weeks, these are of 5.0"):
        backtest(spec(), history(5), (), Fitter(), Silent())
    assert len({week.origin for week in backtest(spec(), history(6), (), Fitter(), Silent()).weeks}) == 2


def test_weeks_with_too_few_rows():
    with pytest.raises(
        DataError, match=r"no week of the back-test has 50 labelled rows \(min_slice_rows in the spec\)"
    ):
        backtest(spec(min_slice_rows=50), history(40), (), Fitter(), Silent())

"""Resampled metrics against scikit-learn on rows that are really repeated, and intervals against theory."""

import numpy as np
import pytest

from asof.metrics.catalog import METRICS
from asof.training.judge.resampling import Resamples, interval

DAY = 86_400_000_000
CASES = [(problem, metric) for problem, known in METRICS.items() for metric in known]


def rows_of(problem, count, seed=5):
    rng = np.random.default_rng(seed)
    if problem == "regression":
        return rng.normal(size=count), rng.normal(size=count).round(1)
    if problem == "binary":
        return (rng.random(count) < 0.4).astype(float), rng.random(count).round(2)  # with many ties
    scores = rng.random((count, 3)).round(2) + 0.01
    return rng.integers(0, 3, count).astype(float), scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("problem", "metric"), CASES)
def test_weights_are_repeated_rows(problem, metric):
    labels, scores = rows_of(problem, 60)
    weights = np.random.default_rng(1).integers(0, 4, (7, 60)).astype(np.float32)
    found = METRICS[problem][metric].resampled(labels, scores, weights)
    for resample, value in zip(weights.astype(int), found, strict=True):
        repeated = np.repeat(np.arange(60), resample)
        assert value == pytest.approx(METRICS[problem][metric].value(labels[repeated], scores[repeated]), rel=1e-5)


def test_the_interval_of_a_mean_is_the_one_of_theory():
    """Of 4,000 independent errors with a standard deviation of one, the mean has a standard error of 1 / sqrt(4000)."""
    errors = np.random.default_rng(2).normal(size=4000)
    resamples = Resamples(np.zeros(4000, dtype=np.int64))
    assert not resamples.by_day
    deviations = resamples.deviations("regression", "mean_error", np.zeros(4000), errors, np.ones(4000, dtype=bool))
    low, high = interval(errors.mean(), deviations)
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(4000), rel=0.2)
    assert low < errors.mean() < high


def test_of_many_rows_a_part_is_drawn_and_the_interval_is_still_that_of_all():
    errors = np.random.default_rng(2).normal(size=80_000)
    resamples = Resamples(np.zeros(80_000, dtype=np.int64))
    assert len(resamples.rows) == 10_000
    deviations = resamples.deviations("regression", "mean_error", np.zeros(80_000), errors, np.ones(80_000, dtype=bool))
    low, high = interval(errors.mean(), deviations)
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(80_000), rel=0.2)


def test_days_are_drawn_whole():
    """Forty days of a hundred rows, each day with one error of its own: forty independent numbers, not four thousand."""
    of_day = np.random.default_rng(3).normal(size=40)
    errors, moments = np.repeat(of_day, 100), np.repeat(np.arange(40) * DAY + 5, 100)
    resamples = Resamples(moments)
    assert resamples.by_day
    deviations = resamples.deviations("regression", "mean_error", np.zeros(4000), errors, np.ones(4000, dtype=bool))
    low, high = interval(errors.mean(), deviations)
    assert high - low == pytest.approx(2 * 1.96 * of_day.std() / np.sqrt(40), rel=0.2)


def test_what_most_resamples_do_not_define_has_no_interval():
    labels = np.zeros(30)
    labels[7] = 1
    resamples = Resamples(np.zeros(30, dtype=np.int64))
    deviations = resamples.deviations("binary", "roc_auc", labels, np.linspace(0, 1, 30), np.ones(30, dtype=bool))
    assert np.isnan(deviations).any()
    assert interval(0.5, deviations) == (None, None)


def test_rows_that_no_resample_drew_have_no_median():
    """Four rows of one day out of twenty: a third of the resamples has none of them."""
    moments = np.repeat(np.arange(20) * DAY, 4)
    resamples = Resamples(moments)
    mask = np.arange(80) >= 76
    found = resamples.deviations("regression", "median_absolute_error", np.zeros(80), np.arange(80.0), mask)
    drawn = resamples.weights[:, 76] > 0
    assert (np.isnan(found) == ~drawn).all()
    assert 0.5 < drawn.mean() < 0.75
    assert set(found[drawn]) == {0.0}


def test_a_slice_outside_of_the_sample():
    resamples = Resamples(np.zeros(30_000, dtype=np.int64))
    mask = ~np.isin(np.arange(30_000), resamples.rows)
    found = resamples.deviations("regression", "median_absolute_error", np.zeros(30_000), np.ones(30_000), mask)
    assert np.isnan(found).all()

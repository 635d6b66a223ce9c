"""`asof.compare`: on which rows, and a paired test whose answer is known."""

from datetime import timedelta

import numpy as np
import pytest
from toy import FIRST, NOW

from asof import compare, promote, train
from asof.errors import DataError, RegistryError
from asof.training.compare import _paired
from asof.training.data.dataset import Part
from asof.training.judge.resampling import Resamples

DAY = timedelta(days=1)


def train_two(toy):
    train("size", toy.open(NOW - 10 * DAY))
    promote("size", project=toy.open())
    toy.edit("models/size.yml", "feature_view: toy_view", "feature_view: toy_view\nfeatures: {exclude: [amount]}")
    toy.edit("models/size.yml", "min_gain: 1.0", "min_gain: -100.0")
    train("size", toy.open())


@pytest.fixture
def two(toy, prepared):
    """Two versions: the second one does not know the amount."""
    prepared(train_two)
    return toy


def test_on_rows_that_neither_was_fitted_on(two):
    found = compare("size", "champion", 2, two.open())
    # the test split of version 1 begins 30 days before now, that of version 2 20 days: the later of both
    assert (found.a, found.b, found.rows_from, found.rows) == (1, 2, NOW - 20 * DAY, 40)
    (metric,) = found.metrics
    assert metric.b > metric.a
    assert metric.difference == pytest.approx(metric.b - metric.a)
    assert metric.low < metric.difference < metric.high
    assert (metric.better, found.by_day) == ("a", True)
    assert metric.p_value < 0.01


def test_rows_that_were_labelled_since_count(two):
    assert [compare("size", 1, 1, two.open(NOW - days * DAY)).rows for days in (5, 0)] == [50, 60]
    two.sql("delete from features.toy_view where asked_at >= ?", [NOW - 30 * DAY])
    with pytest.raises(DataError, match="no labelled row of 2024-03-11 00:00 UTC to 2024-04-10 00:00 UTC"):
        compare("size", 1, 1, two.open())


def test_a_version_of_later_cannot_be_compared(two):
    with pytest.raises(
        RegistryError, match=r"no version 2 by 2024-04-05 .*\(version 2 is of what was known by 2024-04-10"
    ):
        compare("size", 1, 2, two.open(NOW - 5 * DAY))


def paired(first, second, labels, count=1000):
    zeros = np.zeros(len(labels), dtype=np.int64)
    part = Part(None, labels, zeros, zeros)
    spec = type("Spec", (), {"problem": "regression", "threshold": 0.5})
    return _paired(spec, "mean_absolute_error", part, [first, second], Resamples(zeros, count))


def test_no_difference_is_found_where_there_is_none():
    """Two predictions that err alike, by chance: over 100 pairs of them p is below 0.05 in about 5."""
    rng = np.random.default_rng(0)
    labels = np.zeros(300)
    found = [paired(rng.normal(size=300), rng.normal(size=300), labels, 200).p_value for _ in range(100)]
    assert sum(p < 0.05 for p in found) <= 11
    assert 0.35 < np.mean(found) < 0.65


def test_pairing_finds_a_small_difference_that_two_intervals_would_hide():
    rng = np.random.default_rng(1)
    errors = rng.normal(size=2000) * 10
    found = paired(errors, errors + np.sign(errors) * 0.05, np.zeros(2000))
    assert found.difference == pytest.approx(0.05)
    assert found.p_value < 0.01
    assert found.high - found.low < 0.01


def test_versions_that_answer_different_questions(two):
    train("size", two.open())
    two.sql("update ml.model_versions set label = 'is_big' where version = 3")
    with pytest.raises(RegistryError, match="cannot be compared: their label is size and is_big"):
        compare("size", 1, 3, two.open())


def test_an_alias_that_nothing_has(toy):
    train("size", toy.open())
    with pytest.raises(RegistryError, match="model size has no 'challenger'"):
        compare("size", 1, "challenger", toy.open(FIRST + 300 * DAY))


def test_a_spec_of_another_problem(two):
    two.edit("models/size.yml", "label: size\nproblem: regression", "label: is_big\nproblem: binary")
    two.edit("models/size.yml", "metrics: [mean_absolute_error]", "metrics: [roc_auc]")
    two.edit(
        "models/size.yml",
        "{metric: mean_absolute_error, versus: baseline, min_gain: -100.0}",
        "{metric: roc_auc, min: 0}",
    )
    with pytest.raises(
        RegistryError, match="size version 1 is a regression model, models/size.yml is a binary one by now"
    ):
        compare("size", 1, 2, two.open())
    with pytest.raises(RegistryError, match="model size has no '²' by"):
        compare("size", "²", 1, two.open())

"""Each metric against values worked out by hand, on labels 1, 0, 1, 0 with scores 0.9, 0.6, 0.4, 0.1."""

import math

import numpy as np
import pytest

from asof.metrics.catalog import METRICS
from asof.metrics.values import calibration_error
from asof.training.judge.resampling import Resamples

LABELS = np.array([1.0, 0.0, 1.0, 0.0])
SCORES = np.array([0.9, 0.6, 0.4, 0.1])
ACTUAL = np.array([3.0, -0.5, 2.0, 7.0])
PREDICTED = np.array([2.5, 0.0, 2.0, 8.0])


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("roc_auc", 3 / 4),  # of the four pairs of a 1 and a 0, three are in order
        ("average_precision", (1 / 1 + 2 / 3) / 2),
        ("log_loss", -(math.log(0.9) + math.log(0.4) + math.log(0.4) + math.log(0.9)) / 4),
        ("brier_score", (0.01 + 0.36 + 0.36 + 0.01) / 4),
        ("calibration_error", (0.1 + 0.6 + 0.6 + 0.1) / 4),  # each row has a bin of its own
        ("accuracy", 2 / 4),  # at one half: 0.9 and 0.6 are chosen, 0.9 and 0.1 are right
        ("balanced_accuracy", (1 / 2 + 1 / 2) / 2),
        ("selection_rate", 2 / 4),
        ("true_positive_rate", 1 / 2),
        ("false_positive_rate", 1 / 2),
    ],
)
def test_binary(metric, value):
    assert METRICS["binary"][metric].value(LABELS, SCORES) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("mean_absolute_error", 0.5),
        ("mean_squared_error", (0.25 + 0.25 + 0 + 1) / 4),
        ("root_mean_squared_error", math.sqrt((0.25 + 0.25 + 0 + 1) / 4)),
        ("median_absolute_error", 0.5),
        ("mean_error", (-0.5 + 0.5 + 0 + 1) / 4),
        ("r2", 1 - 1.5 / 29.1875),  # the actual values lie 29.1875 around their mean 2.875, squared
    ],
)
def test_regression(metric, value):
    assert METRICS["regression"][metric].value(ACTUAL, PREDICTED) == pytest.approx(value, rel=1e-12)


# Three classes, four rows; the predicted classes are 0, 1, 1, 2, the third one is wrong.
CODES = np.array([0.0, 1.0, 2.0, 2.0])
THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.0, 0.6, 0.4], [0.2, 0.2, 0.6]])


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("accuracy", 3 / 4),
        ("balanced_accuracy", (1 + 1 + 1 / 2) / 3),
        ("f1_macro", (1 + 2 / 3 + 2 / 3) / 3),
        # class 0: 0.7 above all; class 1: 0.8 above all; class 2: both of 0.4 and 0.6 above both of 0.1
        ("roc_auc_ovr", 1.0),
        ("log_loss", -(math.log(0.7) + math.log(0.8) + math.log(0.4) + math.log(0.6)) / 4),
        ("brier_score", (0.14 + 0.06 + 0.72 + 0.24) / 4),
        ("calibration_error", (0.3 + 0.2 + abs(1 - 0.6 - 0.6)) / 4),  # the two of 0.6 share a bin
    ],
)
def test_multiclass(metric, value):
    assert METRICS["multiclass"][metric].value(CODES, THREE) == pytest.approx(value, rel=1e-12)


def test_one_against_the_rest_needs_every_class():
    assert METRICS["multiclass"]["roc_auc_ovr"].value(CODES[1:], THREE[1:]) is None


@pytest.mark.parametrize(("metric", "label"), [("true_positive_rate", 0.0), ("false_positive_rate", 1.0)])
def test_a_rate_needs_its_rows(metric, label):
    assert METRICS["binary"][metric].value(np.full(3, label), np.array([0.1, 0.6, 0.3])) is None


def test_balanced_accuracy_of_one_class_is_its_recall():
    assert METRICS["binary"]["balanced_accuracy"].value(np.zeros(4), SCORES) == 2 / 4


def test_two_classes_are_measured_as_several_are():
    labels, scores = np.array([0.0, 1.0, 1.0]), np.array([[0.8, 0.2], [0.4, 0.6], [0.9, 0.1]])
    # of the two pairs one is in order, for either class; squares are summed over classes
    assert METRICS["multiclass"]["roc_auc_ovr"].value(labels, scores) == 1 / 2
    assert METRICS["multiclass"]["brier_score"].value(labels, scores) == pytest.approx((0.08 + 0.32 + 1.62) / 3)


def test_calibration_error_weighs_bins_by_their_rows():
    # bin 0.2-0.3: three rows, mean score 0.25, one positive; bin 0.9-1.0: one row at exactly 1.0
    labels, scores = np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.25, 0.25, 0.25, 1.0])
    assert calibration_error(labels, scores) == pytest.approx(3 / 4 * (1 / 3 - 1 / 4) + 1 / 4 * 0)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_ranking_is_not_defined_on_one_class(metric):
    assert METRICS["binary"][metric].value(np.ones(3), np.array([0.1, 0.2, 0.3])) is None


def test_log_loss_is_defined_on_one_class():
    assert METRICS["binary"]["log_loss"].value(np.ones(2), np.array([0.5, 0.5])) == pytest.approx(math.log(2))


def test_r2_needs_two_rows():
    assert METRICS["regression"]["r2"].value(np.ones(1), np.ones(1)) is None


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("accuracy", 3 / 5),
        ("balanced_accuracy", (1 / 2 + 2 / 3) / 2),
        ("selection_rate", 2 / 5),
        ("true_positive_rate", 1 / 2),
        ("false_positive_rate", 1 / 3),
        ("roc_auc", 4 / 6),
    ],
)
def test_decisions_begin_at_the_threshold_that_acts(metric, value):
    """By hand: from 0.7 on are the second and the last row; the order of scores is the same as ever."""
    labels, scores = np.array([1, 1, 0, 0, 0]), np.array([0.6, 0.9, 0.1, 0.65, 0.7])
    assert METRICS["binary"][metric].value(labels, scores, 0.7) == pytest.approx(value)
    every = np.ones(5, dtype=bool)
    moments = np.arange(5) * 86_400_000_000
    if metric != "roc_auc":
        at_half = METRICS["binary"][metric].value(labels, (scores >= 0.7).astype(float))
        assert at_half == pytest.approx(value)
        drawn = Resamples(moments).deviations("binary", metric, labels, scores, every, 0.7)
        same = Resamples(moments).deviations("binary", metric, labels, (scores >= 0.7).astype(float), every)
        np.testing.assert_array_equal(drawn, same)

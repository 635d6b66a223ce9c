"""Each metric against values worked out by hand, on labels 1, 0, 1, 0 with scores 0.9, 0.6, 0.4, 0.1."""

import math

import numpy as np
import pytest

from asof.spec.metric_names import METRICS
from asof.training.judge.metrics import FUNCTIONS, calibration_error, measure

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
    ],
)
def test_binary(metric, value):
    assert measure(metric, LABELS, SCORES) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("mean_absolute_error", 0.5),
        ("root_mean_squared_error", math.sqrt((0.25 + 0.25 + 0 + 1) / 4)),
        ("median_absolute_error", 0.5),
        ("r2", 1 - 1.5 / 29.1875),  # the actual values lie 29.1875 around their mean 2.875, squared
    ],
)
def test_regression(metric, value):
    assert measure(metric, ACTUAL, PREDICTED) == pytest.approx(value, rel=1e-12)


def test_calibration_error_weighs_bins_by_their_rows():
    # bin 0.2-0.3: three rows, mean score 0.25, one positive; bin 0.9-1.0: one row at exactly 1.0
    labels, scores = np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.25, 0.25, 0.25, 1.0])
    assert calibration_error(labels, scores) == pytest.approx(3 / 4 * (1 / 3 - 1 / 4) + 1 / 4 * 0)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_ranking_is_not_defined_on_one_class(metric):
    assert measure(metric, np.ones(3), np.array([0.1, 0.2, 0.3])) is None


def test_log_loss_is_defined_on_one_class():
    assert measure("log_loss", np.ones(2), np.array([0.5, 0.5])) == pytest.approx(math.log(2))


def test_r2_needs_two_rows():
    assert measure("r2", np.ones(1), np.ones(1)) is None


def test_every_metric_of_a_spec_is_computed():
    assert set(FUNCTIONS) == {metric for known in METRICS.values() for metric in known}

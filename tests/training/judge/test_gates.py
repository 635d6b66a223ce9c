"""Gates against measurements that are written down here; which side of a limit passes, and what is said of it."""

import pytest
from specs import small_spec

from asof.model_spec.spec import Gate
from asof.training.judge.evaluate import Measurement
from asof.training.judge.gates import check_gates


def measured(
    metric, value, *, slice_by="all", slice_="all", baseline=None, champion=None, linear=None, split="test", small=False
):
    return Measurement(split, slice_by, slice_, metric, value, baseline, champion, 100, linear, small=small)


MEASUREMENTS = [
    measured("roc_auc", 0.99, split="validation"),
    measured("roc_auc", 0.70, baseline=0.5, champion=0.71),
    measured("roc_auc", 0.60, slice_by="origin", slice_="EWR"),
    measured("roc_auc", 0.65, slice_by="origin", slice_="LGA"),
    measured("roc_auc", None, slice_by="carrier", slice_="OO"),
    measured("roc_auc", 0.8, slice_by="carrier", slice_="UA"),
    measured("log_loss", 0.50, baseline=0.55, champion=0.49, linear=0.52),
    measured("log_loss", 0.3, slice_by="origin", slice_="EWR"),
    measured("log_loss", 0.9, slice_by="origin", slice_="HAV", small=True),
    measured("selection_rate", 0.3, slice_by="origin", slice_="EWR"),
    measured("selection_rate", 0.45, slice_by="origin", slice_="LGA"),
    measured("selection_rate", 0.99, slice_by="origin", slice_="HAV", small=True),
    measured("selection_rate", 0.15, slice_by="origin", slice_="(difference)"),
]


def spec_with(**gate):
    return small_spec(slices=["origin", "carrier"], protected=["origin"], gates=[Gate(**gate)])


def check(**gate):
    spec = spec_with(**gate)
    has_champion = any(m.champion_value is not None for m in MEASUREMENTS)
    return check_gates(spec, MEASUREMENTS, has_champion=has_champion)[0]


@pytest.mark.parametrize(
    ("gate", "passed", "name", "detail"),
    [
        ({"metric": "roc_auc", "min": 0.7}, True, "roc_auc >= 0.7", "0.7000 on 100 rows"),
        ({"metric": "roc_auc", "min": 0.71}, False, "roc_auc >= 0.71", "0.7000 on 100 rows"),
        ({"metric": "log_loss", "max": 0.5}, True, "log_loss <= 0.5", "0.5000 on 100 rows"),
        ({"metric": "log_loss", "max": 0.49}, False, "log_loss <= 0.49", "0.5000 on 100 rows"),
        (
            {"metric": "roc_auc", "min": 0.62, "slice": "origin"},
            False,
            "roc_auc >= 0.62 for every origin",
            "0.6000 for origin EWR on 100 rows",
        ),
        (
            {"metric": "roc_auc", "max": 0.64, "slice": "origin"},
            False,
            "roc_auc <= 0.64 for every origin",
            "0.6500 for origin LGA on 100 rows",
        ),
        (
            {"metric": "roc_auc", "min": 0.1, "slice": "carrier"},
            False,
            "roc_auc >= 0.1 for every carrier",
            "not defined for OO",
        ),
        (
            {"metric": "roc_auc", "versus": "champion", "max_drop": 0.011},
            True,
            "roc_auc at most 0.011 worse than the champion",
            "0.7000 against 0.7100 on 100 rows",
        ),
        (
            {"metric": "roc_auc", "versus": "champion", "max_drop": 0.009},
            False,
            "roc_auc at most 0.009 worse than the champion",
            "0.7000 against 0.7100 on 100 rows",
        ),
        (
            {"metric": "log_loss", "versus": "baseline", "min_gain": 0.04},
            True,
            "log_loss at least 0.04 better than the baseline",
            "0.5000 against 0.5500 on 100 rows",
        ),
        (
            {"metric": "log_loss", "versus": "baseline", "min_gain": 0.06},
            False,
            "log_loss at least 0.06 better than the baseline",
            "0.5000 against 0.5500 on 100 rows",
        ),
        (
            {"metric": "log_loss", "versus": "champion", "max_drop": 0.005},
            False,
            "log_loss at most 0.005 worse than the champion",
            "0.5000 against 0.4900 on 100 rows",
        ),
        (
            {"metric": "log_loss", "versus": "linear", "min_gain": 0.03},
            False,
            "log_loss at least 0.03 better than the linear model",
            "0.5000 against 0.5200 on 100 rows",
        ),
        (
            {"metric": "log_loss", "max": 0.4, "slice": "origin"},
            True,
            "log_loss <= 0.4 for every origin",
            "0.3000 for origin EWR on 100 rows; 1 slice is too small to judge",
        ),
        (
            {"metric": "selection_rate", "max_difference": 0.16, "slice": "origin"},
            True,
            "selection_rate differs by at most 0.16 between any two of origin",
            "0.3000 for EWR, 0.4500 for LGA; 1 slice is too small to judge",
        ),
        (
            {"metric": "selection_rate", "max_difference": 0.14, "slice": "origin"},
            False,
            "selection_rate differs by at most 0.14 between any two of origin",
            "0.3000 for EWR, 0.4500 for LGA; 1 slice is too small to judge",
        ),
        (
            {"metric": "log_loss", "max_difference": 0.1, "slice": "origin"},
            False,
            "log_loss differs by at most 0.1 between any two of origin",
            "fewer than two groups to compare; 1 slice is too small to judge",
        ),
    ],
)
def test_a_gate(gate, passed, name, detail):
    result = check(**gate)
    assert (result.passed, result.gate, result.detail) == (passed, name, detail)


def test_the_first_version_has_no_champion_to_beat(monkeypatch):
    monkeypatch.setitem(globals(), "MEASUREMENTS", [measured("roc_auc", 0.7)])
    result = check(metric="roc_auc", versus="champion", max_drop=0.1)
    assert (result.passed, result.detail) == (True, "there is no champion yet")


def test_as_good_as_the_champion_passes_without_any_drop(monkeypatch):
    monkeypatch.setitem(globals(), "MEASUREMENTS", [measured("roc_auc", 0.7, champion=0.7)])
    assert check(metric="roc_auc", versus="champion", max_drop=0.0).passed


def test_what_is_not_defined_does_not_pass(monkeypatch):
    monkeypatch.setitem(globals(), "MEASUREMENTS", [measured("roc_auc", None, baseline=None, champion=0.7)])
    assert not check(metric="roc_auc", min=0.1).passed
    assert not check(metric="roc_auc", versus="champion", max_drop=0.1).passed
    assert not check(metric="roc_auc", versus="baseline", min_gain=0.1).passed
    result = check_gates(
        spec_with(metric="roc_auc", versus="champion", max_drop=9.0), [measured("roc_auc", 0.7)], has_champion=True
    )
    assert (result[0].passed, result[0].detail) == (False, "not defined on these rows")

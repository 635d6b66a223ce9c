"""Measurements of slices, of sides and of protected groups, on rows that are written down here."""

import numpy as np
import pyarrow as pa
import pytest
from specs import small_spec

from asof.training.data.dataset import Part
from asof.training.judge.evaluate import DIFFERENCE, Scores, evaluate

SPEC = small_spec(metrics=["accuracy", "brier_score"], slices=["town", "sex"], protected=["sex"], min_slice_rows=4)
#                   a  a  a  a  b  b  b  b  c
LABELS = np.array([1, 1, 0, 0, 1, 1, 0, 0, 1.0])
SCORES = np.array([0.9, 0.8, 0.7, 0.1, 0.9, 0.2, 0.3, 0.4, 0.6])
ROWS = pa.table({"town": [*"aaaabbbb", None], "sex": [*"ffffmmmm", "x"]})
PART = Part(ROWS, LABELS, np.zeros(9, dtype=np.int64), np.zeros(9, dtype=np.int64))


def found(split="test", **sides):
    scores = Scores(SCORES, np.full(9, 5 / 9), **sides)
    return {(m.slice_by, m.slice, m.metric): m for m in evaluate(SPEC, split, PART, scores)}


def test_every_slice_has_its_count_and_a_small_one_says_so():
    measured = found()
    counts = {(by, name): (m.row_count, m.small) for (by, name, metric), m in measured.items() if metric == "accuracy"}
    assert counts == {
        ("all", "all"): (9, False),
        ("town", "a"): (4, False),
        ("town", "b"): (4, False),
        ("town", "NULL"): (1, True),
        ("sex", "f"): (4, False),
        ("sex", "m"): (4, False),
        ("sex", "x"): (1, True),
        ("sex", DIFFERENCE): (8, False),
    }
    assert measured["town", "a", "accuracy"].value == 3 / 4
    assert measured["town", "a", "accuracy"].low is not None
    assert measured["town", "NULL", "accuracy"].low is None
    strict = SPEC.model_copy(update={"min_slice_rows": 5})
    assert {m.low for m in evaluate(strict, "test", PART, Scores(SCORES, SCORES)) if m.slice == "a"} == {None}


def test_fairness_between_protected_groups():
    """Of f three of four are chosen, of m one; of the two positive f both, of m one; of the two negative f one, of m none."""
    measured = found()
    rates = {
        "selection_rate": (3 / 4, 1 / 4),
        "true_positive_rate": (1.0, 1 / 2),
        "false_positive_rate": (1 / 2, 0.0),
        "accuracy": (3 / 4, 3 / 4),
    }
    for metric, (f, m) in rates.items():
        assert (measured["sex", "f", metric].value, measured["sex", "m", metric].value) == (f, m)
        assert measured["sex", DIFFERENCE, metric].value == f - m
    assert ("town", "a", "selection_rate") not in measured, "it is not protected"


def test_all_sides_are_measured_on_the_same_rows():
    measured = found(linear=1 - SCORES, champion=np.full(9, 0.6))
    whole = measured["all", "all", "accuracy"]
    assert (whole.value, whole.baseline_value, whole.linear_value, whole.champion_value) == (7 / 9, 5 / 9, 2 / 9, 5 / 9)
    b = measured["town", "b", "brier_score"]
    assert b.linear_value == pytest.approx(np.mean([0.9**2, 0.2**2, 0.7**2, 0.6**2]))
    assert found()["all", "all", "accuracy"].champion_value is None


def test_slices_have_intervals_on_the_test_split_alone():
    assert found()["town", "a", "brier_score"].low is not None
    validation = found("validation")
    assert validation["town", "a", "brier_score"].low is None
    assert validation["all", "all", "brier_score"].low is not None

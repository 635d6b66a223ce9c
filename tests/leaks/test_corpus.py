"""The corpus of the linter: each seeded leak is found by its rule, and nothing is found in a look-alike."""

import sys
from pathlib import Path

import pytest

from asof.leaks.lint.rules import RULES

sys.path.append(str(Path(__file__).parent / "corpus"))
from corpus import Case, leaks, look_alikes

# What no rule is made for; the page says so
MISSED = {case.name for case in leaks() if case.rule == "none"}


@pytest.mark.parametrize("case", leaks(), ids=lambda case: case.name)
def test_a_leak_is_found(case):
    rules = {finding.rule for finding in case.findings()}
    if case.rule == "not-followed":
        assert "label-reachable" not in rules  # nothing is known of it, so nothing is said of it
    assert (case.rule in rules) if case.name not in MISSED else not rules


@pytest.mark.parametrize("case", look_alikes(), ids=lambda case: case.name)
def test_a_look_alike_is_left_alone(case):
    assert case.findings() == []


def test_every_rule_has_leaks_and_a_name_of_its_own():
    assert {case.rule for case in leaks()} == {*RULES, "none"}
    names = [case.name for case in (*leaks(), *look_alikes())]
    assert len(names) == len(set(names))


def test_the_page_has_these_figures():
    page = (Path(__file__).parents[2] / "docs/leaks.md").read_text()
    seeded, clean = len(leaks()), len(look_alikes())
    assert f"{seeded} seeded leaks, and {clean} look-alikes" in page
    assert f"recall {seeded - len(MISSED)} of {seeded} ({1 - len(MISSED) / seeded:.0%})" in page
    assert f"false positives 0 of {clean} look-alikes" in page


def test_a_finding_names_the_model_to_mend_the_sql_and_the_features():
    (case,) = (case for case in leaks() if case.name == "window_of_an_upstream_model")
    (finding,) = case.findings()
    assert (finding.rule, finding.severity, finding.view, finding.model) == (
        "looks-ahead",
        "error",
        "view",
        "int_spending",
    )
    assert finding.sql == "MAX(amount) OVER (PARTITION BY customer_id)"
    assert finding.features == ["twice_the_biggest"]
    assert finding.path == "models/int_spending.sql"


def test_a_waiver_is_for_one_rule_of_one_model():
    (case,) = (case for case in leaks() if case.name == "random_noise")
    waived = Case(case.name, case.rule, {**case.changes, "waive": {"habits": {"volatile": "a test of noise"}}})
    assert [(found.rule, found.waived) for found in waived.findings()] == [("volatile", "a test of noise")]
    elsewhere = Case(case.name, case.rule, {**case.changes, "waive": {"stg_orders": {"volatile": "not here"}}})
    assert [found.waived for found in elsewhere.findings()] == [None]

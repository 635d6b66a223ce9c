"""Where the clock stands in dbt: the environment variable, the var, both, and that moving it parses nothing again."""

import re

import pytest
from cases import FACTS, QUESTIONS

NOTHING_PARSED = "Partial parsing enabled, no changes found, skipping parsing"


@pytest.fixture(scope="module", autouse=True)
def _parts(rule):
    rule.fill(questions=[*QUESTIONS], **FACTS)


def present(rule, **clock) -> str:
    """The present in the compiled SQL of a model, or what dbt says against it."""
    done = rule.dbt("compile", "--select", "prices", "--exclude", "resource_type:test", **clock)
    if done.returncode:
        return " ".join(done.stdout.split())
    (found,) = re.findall(r"<= cast\('([^']+)' as timestamptz\)", rule.compiled("prices", "parts"))
    return found


def test_each_run_sees_the_present_of_its_environment_and_parses_nothing_again(rule):
    assert present(rule, now="2024-05-01T17:00:00Z") == "2024-05-01 17:00:00+00:00"
    moved = rule.dbt(
        "compile", "--debug", "--select", "prices", "--exclude", "resource_type:test", now="2024-05-02T06:00:00+02:00"
    )
    assert NOTHING_PARSED in moved.stdout
    assert present(rule, now="2024-05-02T06:00:00+02:00") == "2024-05-02 04:00:00+00:00"


def test_the_var_works_as_before(rule):
    assert present(rule, asof_now="2024-05-01") == "2024-05-01 00:00:00+00:00"


def test_both_are_one_instant_or_refused(rule):
    assert present(rule, now="2024-05-01T12:00+02:00", asof_now="2024-05-01T10:00Z") == "2024-05-01 10:00:00+00:00"
    refused = present(rule, now="2024-05-01T10:00Z", asof_now="2024-05-01T11:00Z")
    assert (
        "asof.now: the environment variable ASOF_NOW is 2024-05-01 10:00:00+00:00 and the var asof_now is "
        "2024-05-01 11:00:00+00:00; set one of them" in refused
    )


def test_what_is_no_instant_is_named_by_where_it_stands(rule):
    assert "the environment variable ASOF_NOW is 'yesterday', expected an instant" in present(rule, now="yesterday")
    assert "the var asof_now is 'yesterday', expected an instant" in present(rule, asof_now="yesterday")


def test_an_empty_variable_is_the_wall_clock(rule):
    assert present(rule, now=" ") > "2026"

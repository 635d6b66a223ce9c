"""The record of the SQL under which rows were built: the same from day to day, and another one when a source changes."""

import json

import pytest
from cases import FACTS, QUESTIONS

from asof.dbt_files.manifest import read_manifest
from asof.dbt_files.profiles import read_target
from asof.errors import NotBuiltError
from asof.features.changed_sql import require_one_sql
from asof.features.view_meta import view_meta
from asof.warehouse.connection import open_warehouse

FIRST, SECOND = "2024-05-01T17:00:00Z", "2024-05-02T17:00:00Z"


@pytest.fixture(scope="module")
def built(rule):
    rule.fill(questions=[*QUESTIONS], **FACTS)

    def build(*arguments, now=FIRST):
        done = rule.dbt("run", "--select", "+known", *arguments, now=now)
        assert done.returncode == 0, done.stdout
        return json.loads(
            rule.sql(
                "select sources from ml.model_builds where model = 'model.rule.known' order by built_at desc limit 1"
            )[0][0]
        )

    return build


def edit(rule, file, old, new):
    path = rule.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def check(rule, target="duckdb"):
    chosen = read_target(rule.root, "rule", target)
    with open_warehouse(chosen, read_only=True) as warehouse:
        graph = read_manifest(rule.root, "target")
        require_one_sql(warehouse, "ml", view_meta(graph, "known", rule.root), chosen, lambda: graph)


def test_the_same_source_has_the_same_hash(rule, built):
    first = built()
    assert set(first) == {
        f"model.rule.{name}" for name in ("known", "questions", "prices", "moods", "seasons", "leases", "answers")
    }
    assert built(now=SECOND) == first, "the next day"
    assert built("--full-refresh", now=SECOND) == first
    assert built(now=SECOND) == first, "incremental after full"
    assert built("--target", "other", now=FIRST) == first
    edit(rule, "models/parts/prices.sql", "select", "select\n   ")
    assert built(now=SECOND) == first, "white space"
    check(rule)
    check(rule, "other")


def test_a_changed_source_is_refused_until_the_view_is_built_in_full(rule, built):
    first = built("--full-refresh")
    edit(rule, "models/parts/prices.sql", "*", "* replace (price * 100 as price)")
    changed = built(now=SECOND)
    assert {name for name in first if first[name] != changed[name]} == {"model.rule.prices"}
    with pytest.raises(NotBuiltError) as refusal:
        check(rule)
    assert str(refusal.value).startswith(
        "feature view known: known has rows from before and after a change of the SQL of prices; build the view and all models above it in full: "
    )
    assert str(refusal.value).endswith("--select +known --full-refresh")
    built("--full-refresh", now=SECOND)
    check(rule)


def test_a_changed_macro_var_or_variable_is_a_changed_source(rule, built, monkeypatch):
    (rule.root / "macros").mkdir()
    (rule.root / "macros/cents.sql").write_text("{% macro cents(x) %}{{ x }} * {{ var('factor', 1) }}{% endmacro %}\n")
    edit(rule, "models/parts/moods.sql", "select", "-- {{ cents('1') }} {{ env_var('MOOD', '') }}\nselect")
    first = built("--full-refresh")["model.rule.moods"]
    by_var = built("--vars", "{factor: 100}")["model.rule.moods"]
    monkeypatch.setitem(rule.environment, "MOOD", "other")
    by_variable = built()["model.rule.moods"]
    edit(rule, "macros/cents.sql", "* ", "+ ")
    by_macro = built()["model.rule.moods"]
    assert len({first, by_var, by_variable, by_macro}) == 4


def test_a_change_that_means_nothing_is_none(rule, built):
    first = built("--full-refresh")
    edit(rule, "models/right/known.sql", "}}\n{{", "}}\n-- a remark\n{{")
    assert built() != first
    check(rule)


def test_a_change_can_be_accepted(rule, built):
    built("--full-refresh")
    edit(rule, "models/right/known.sql", "ttl='2 hours'", "ttl='120 minutes'")
    built()
    with pytest.raises(NotBuiltError):
        check(rule)
    built("--vars", "{asof_accept_sql: [known]}")
    check(rule)

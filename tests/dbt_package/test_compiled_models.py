"""The record of the SQL that was run: once for each text, whatever the day, the target and the branch of an incremental build."""

import hashlib

import pytest
from cases import FACTS, QUESTIONS

DAYS = ("2024-05-01T17:00:00Z", "2024-05-02T17:00:00Z", "2024-05-03T17:00:00Z")

MOODS = """
{{ config(materialized='incremental', unique_key=['shop', 'felt_at'], incremental_strategy='delete+insert') }}
select * from {{ source('raw', 'moods') }}
{{ asof.visible('felt_at') }}
{% if is_incremental() %}and felt_at > (select max(felt_at) from {{ this }}){% endif %}
"""


@pytest.fixture
def rule(each_engine):
    each_engine.fill(questions=list(QUESTIONS), **FACTS)
    (each_engine.root / "models/parts/moods.sql").write_text(MOODS)
    return each_engine


def build(rule, now, *arguments):
    done = rule.dbt("run", "--select", "+known", *arguments, now=now)
    assert done.returncode == 0, done.stdout


def record(rule, columns="model, form"):
    return rule.sql(f"select {columns} from ml.compiled_models order by 1, 2")


def test_a_text_is_kept_once(rule):
    build(rule, DAYS[0])
    first = record(rule)
    names = ("answers", "known", "leases", "moods", "prices", "questions", "seasons")
    assert first == [(f"model.rule.{name}", "full") for name in names]
    for now in DAYS[1:]:
        build(rule, now)
    if rule.engine.name == "duckdb":
        build(rule, DAYS[0], "--target", "other")
    build(rule, DAYS[2], "--full-refresh")
    later = record(rule)
    assert later == sorted([*first, ("model.rule.moods", "incremental")])
    assert rule.sql("select count(distinct source_hash) from ml.compiled_models where model = 'model.rule.moods'") == [
        (1,)
    ]

    ((sql, sha256),) = record_of(rule, "model.rule.prices")
    assert sql == (
        'select * from "source.rule.raw.prices"."prices"\nwhere learned_at <= cast(\'asof.now\' as timestamptz)'
    )
    assert sha256 == hashlib.sha256(sql.encode()).hexdigest()
    ((view, _),) = record_of(rule, "model.rule.known")
    assert '"model.rule.prices"."prices" as facts' in view
    assert r'"relation": "\"model.rule.questions\".\"questions\""' in view
    assert "2024" not in view
    assert '"raw"' not in view
    assert '"main"' not in view

    # a part of the rows is no build of the model's SQL
    rule.dbt("run", "--select", "prices", "--empty", now=DAYS[2])
    assert record(rule) == later
    assert rule.sql(
        "select count(*), count(sql_sha256) from ml.model_builds where model = 'model.rule.prices' and sql_sha256 is null"
    ) == [(1, 0)]


def record_of(rule, model):
    return rule.sql(f"select sql, sql_sha256 from ml.compiled_models where model = '{model}' and form = 'full'")


def test_a_changed_text_is_added_and_one_that_comes_back_is_not(rule):
    build(rule, DAYS[0], "--full-refresh")
    before = len(record(rule))
    path = rule.root / "models/parts/prices.sql"
    written = path.read_text()
    path.write_text(f"-- all of them\n{written}")
    build(rule, DAYS[1])
    path.write_text(written)
    build(rule, DAYS[1])
    assert len(record(rule)) == before + 1
    builds = rule.sql(
        "select sql_sha256 from ml.model_builds where model = 'model.rule.prices' and target = "
        f"'{rule.engine.name}' order by built_at desc limit 3"
    )
    assert builds[0] == builds[2] != builds[1]

"""What a feature view is made of, as data: in its SQL, and with each of its builds."""

import json

from cases import FACTS, QUESTIONS

NOW = "2024-05-01T17:00:00Z"


def build(rule):
    rule.fill(questions=list(QUESTIONS), **FACTS)
    done = rule.dbt("run", "--select", "+known", "--full-refresh", now=NOW)
    assert done.returncode == 0, done.stdout


def test_it_is_kept_with_the_build(rule):
    """As `known.sql` and the YAML of its parents say it, written by hand."""
    build(rule)
    ((relation, model, text),) = rule.sql("select relation, model, composition from ml.view_builds")
    assert (relation, model) == ('"rule"."main"."known"', "model.rule.known")
    composition = json.loads(text)
    assert composition["spine"] == {"relation": '"rule"."main"."questions"', "key": ["id"], "as_of": "asked_at"}
    assert composition["label"] == {
        "relation": '"rule"."main"."answers"',
        "question": ["id"],
        "labels": ["answer"],
        "known_at": "answered_at",
    }
    assert composition["lookback"] is None
    groups = composition["groups"]
    assert [group["model"].rsplit(".", maxsplit=1)[-1] for group in groups] == [
        "prices",
        "prices",
        "moods",
        "seasons",
        "leases",
    ]
    fresh, moods, seasons, leases = groups[1:]
    assert (fresh["columns"], fresh["ttl"]) == ({"price": "fresh_price"}, "2 hours")
    assert (moods["entity"], seasons["entity"]) == ({"shop": "shop", "city": "city"}, {})
    assert (leases["valid_to"], leases["event_time"], leases["known_at"]) == ("ends_at", "signed_at", "filed_at")
    assert rule.compiled("known").lstrip().startswith("/* asof.feature_view {"), "a compile shows it, too"


def test_a_table_of_builds_that_an_older_asof_made(rule):
    """Its column `view` becomes `relation`, and its rows stay."""
    rule.sql("create schema if not exists ml; drop table if exists ml.view_builds")
    rule.sql(
        "create table ml.view_builds (view varchar not null, built_up_to timestamptz not null, built_at timestamptz not null, "
        "invocation_id varchar not null, primary key (view, invocation_id))"
    )
    rule.sql("insert into ml.view_builds values ('known', '2024-04-30', '2024-04-30', 'a')")
    build(rule)
    assert rule.sql("select relation, model, composition is null from ml.view_builds order by built_at") == [
        ("known", None, True),
        ('"rule"."main"."known"', "model.rule.known", False),
    ]

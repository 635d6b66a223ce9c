"""What reached the warehouse since the last build: taken in once and whole, counted where it came late, never lost."""

from datetime import UTC, datetime

import pytest
from cases import FACTS, PRICES, QUESTIONS, at

FIRST_BUILD = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def rule(each_engine):
    each_engine.fill(questions=list(QUESTIONS), **FACTS)
    build(each_engine, "12:30", "--full-refresh")
    return each_engine


def build(rule, clock, *arguments):
    """The words that dbt printed, in one line."""
    built = rule.dbt("run", "--select", "+arriving", *arguments, now=f"2024-05-01T{clock}:00Z")
    assert built.returncode == 0, built.stdout
    return " ".join(built.stdout.split())


def prices(rule):
    return {price for (price,) in rule.sql("select price from prices_as_they_come")}


def with_prices(rule, *more, without=()):
    kept = [row for row in PRICES if row[3] not in without]
    rule.fill(questions=list(QUESTIONS), **{**FACTS, "prices": [*kept, *more]})


def test_only_what_came_since_is_read(rule):
    assert prices(rule) == {0, 1, 3, 5, 6, 8}  # learned by 12:30
    rule.execute("update prices_as_they_come set note = 'of the first build'")
    printed = build(rule, "14:00")
    assert rule.sql("select price from prices_as_they_come where note <> 'of the first build' order by price") == [
        (2,),
        (4,),
    ]
    assert "asof:" not in printed
    compiled = (rule.root / "target/compiled/rule/models/news/prices_as_they_come.sql").read_text()
    (predicate,) = [
        line
        for line in compiled.splitlines()
        if line.strip().startswith('where /* incremental builds only */ "learned_at" >')
    ]
    assert "2024-05-01 12:30:00+00" in predicate
    assert "<= cast('2024-05-01 14:00:00+00:00' as timestamptz)" in predicate


def test_an_instant_whose_rows_come_in_two_builds(rule):
    """At 12:30 the row was not there, though it says 12:30."""
    with_prices(rule, ("B", at("12:30"), at("12:30"), 77, "the other half"))
    printed = build(rule, "14:00")
    assert 77 in prices(rule)
    assert (
        "1 rows of prices came after the build of prices_as_they_come at 2024-05-01 12:30:00+00, though by learned_at"
        in printed
    )
    assert rule.sql("select count(*) from prices_as_they_come where shop = 'A'") == [(6,)], "nothing is there twice"
    rule.execute("update prices_as_they_come set note = 'before'")
    assert "came after" not in build(rule, "14:30")
    assert rule.sql("select count(*) from prices_as_they_come where note <> 'before'") == [(0,)], (
        "it is no news any longer"
    )


def test_the_view_keeps_what_was_known_and_says_so(rule):
    with_prices(rule, ("A", at("12:15"), at("12:15"), 66, "late"))
    printed = build(rule, "14:00")
    assert (
        "1 rows of prices_as_they_come came after the build of arriving at 2024-05-01 12:30:00+00, though by happened_at and "
        "learned_at they were known by then; rows of arriving that are built already keep their values. To use the late rows for all: "
        "ASOF_NOW=2024-05-01T14:00:00+00:00 dbt build --full-refresh --select +arriving --target"
    ) in printed
    found = dict(rule.sql("select id, price from arriving"))
    assert (found[4], found[5]) == (3, 66), "asked at 12:00 and at 13:00"
    build(rule, "14:00", "--full-refresh")
    assert dict(rule.sql("select id, price from arriving")) == found, "at 12:00 it had not happened"


def test_rows_that_are_gone_are_counted(rule):
    with_prices(rule, without=(3,))
    printed = build(rule, "14:00")
    assert "1 rows of prices that prices_as_they_come was built from at 2024-05-01 12:30:00+00 are gone" in printed
    assert 3 in prices(rule)
    build(rule, "14:00", "--full-refresh")
    assert 3 not in prices(rule)


def test_late_rows_beside_rows_that_are_gone(rule):
    """Two are gone and one came late: by their number alone, rows are gone."""
    with_prices(rule, ("B", at("11:45"), at("11:45"), 55, "late"), without=(0, 1))
    assert "1 rows of prices that prices_as_they_come was built from at 2024-05-01 12:30:00+00 are gone" in build(
        rule, "14:00"
    )
    assert 55 in prices(rule)


def test_a_build_of_nothing_is_no_build(rule):
    rule.execute("drop table prices_as_they_come")
    done = rule.dbt("run", "--select", "prices_as_they_come", "--empty", now="2024-05-01T13:00:00Z")
    assert done.returncode == 0, done.stdout
    assert prices(rule) == set()
    build(rule, "14:00")
    assert prices(rule) == {0, 1, 2, 3, 4, 5, 6, 8}


def test_an_ephemeral_model_cannot_be_counted(rule):
    path = rule.root / "models/news/of_ephemeral.sql"
    between = rule.root / "models/news/between.sql"
    try:
        between.write_text("{{ config(materialized='ephemeral') }}\nselect * from {{ source('raw', 'prices') }}\n")
        path.write_text(
            "select * from {{ ref('between') }} where {{ asof.new_since('learned_at', of=ref('between')) }}\n"
        )
        done = rule.dbt("run", "--select", "of_ephemeral", now="2024-05-01T13:00:00Z")
    finally:
        between.unlink()
        path.unlink()
    assert done.returncode == 1
    assert "asof.new_since: of_ephemeral reads the ephemeral model" in " ".join(done.stdout.split())


def test_each_schema_has_a_record_of_its_own(rule):
    """Two developers, one target: each has tables of their own, by an environment variable in the profile."""
    if rule.engine.name != "duckdb":
        return
    profile = rule.root / "profiles.yml"
    text = profile.read_text()
    try:
        profile.write_text(text.replace("path: rule.duckdb, threads", "path: rule.duckdb, schema: bob, threads", 1))
        build(rule, "12:30")
        profile.write_text(text)
        build(rule, "14:00")
        profile.write_text(text.replace("path: rule.duckdb, threads", "path: rule.duckdb, schema: bob, threads", 1))
        build(rule, "14:30")
    finally:
        profile.write_text(text)
    mine, his = (rule.sql(f"select price from {schema}.prices_as_they_come order by all") for schema in ("main", "bob"))
    assert mine == his
    rule.execute("drop schema bob cascade")


def test_a_relation_that_is_not_read_any_longer(rule):
    """What the last build read under another name is not asked for."""
    group = rule.root / "models/news/prices_as_they_come.sql"
    text = group.read_text()
    rule.execute("create table raw.other_prices as select * from raw.prices")
    sources = rule.root / "models/parts/_parts.yml"
    listed = sources.read_text()
    try:
        sources.write_text(
            listed.replace("      - {name: prices}\n", "      - {name: prices}\n      - {name: other_prices}\n")
        )
        group.write_text(text.replace("'prices'", "'other_prices'"))
        assert "asof:" not in build(rule, "13:00")
        rule.execute("drop table raw.other_prices")
        group.write_text(text)
        assert "asof:" not in build(rule, "14:00")
        assert prices(rule) == {0, 1, 2, 3, 4, 5, 6, 8}
    finally:
        sources.write_text(listed)
        group.write_text(text)


def test_the_record_of_a_build(rule):
    assert rule.sql(
        "select split_part(model, '.', 3), columns, entity, built_up_to, rows_known from ml.model_reads "
        "where built_at = (select max(built_at) from ml.model_reads) order by 1"
    ) == [
        ("arriving", '["happened_at", "learned_at"]', '["shop"]', FIRST_BUILD, 2),
        ("prices_as_they_come", '["learned_at"]', "[]", FIRST_BUILD, 6),
    ]


def test_a_row_that_is_read_twice_must_not_be_there_twice(rule):
    for code in (0, 1):
        done = rule.dbt("run", "--select", "prices_appended", now="2024-05-01T14:00:00Z")
        assert (done.returncode > 0) == bool(code)
    assert (
        "asof.new_since: prices_appended is incremental without a unique_key, so that a row that is read again would be there "
        "twice; write config(unique_key=['shop', 'happened_at', 'learned_at'], incremental_strategy='delete+insert')"
    ) in " ".join(done.stdout.split())
    rule.execute("drop table prices_appended")

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
    (predicate,) = [line for line in compiled.splitlines() if line.strip().startswith('where "learned_at" >')]
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
        "learned_at they were known by then; rows of arriving up to then do not have them, as nobody had. A full build would: "
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

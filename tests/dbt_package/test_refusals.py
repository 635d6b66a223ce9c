"""What a feature view refuses when it is compiled: each message names the model, what was found, and the line to write."""

import json

import pytest
from cases import FACTS, PRICES, QUESTIONS
from engines import PostgreSQL
from rule_project import RuleProject

MESSAGES = {
    "group_without_role": "asof: no_role has the role none, expected feature_group; in its YAML write config: {meta:",
    "spine_is_a_group": "asof: prices has the role feature_group, expected spine; in its YAML write config: {meta:",
    "label_is_a_group": "asof: prices has the role feature_group, expected label; in its YAML write config: {meta:",
    "group_without_known_at": "asof: no_times (feature_group) does not say its known_at; add known_at: ... to meta.asof",
    "group_with_naive_times": "asof: the time happened_at of naive_times is timestamp, expected an instant; in the model "
    "write: happened_at at time zone 'UTC' as happened_at",
    "group_with_unknown_column": "asof: unknown_column has no column happend_at; it has shop, happened_at, learned_at,",
    "group_of_another_entity": "asof.feature_view: the entity column street of other_entity is not in the spine "
    "questions (id, shop, city, asked_at); add it there, or name the spine's own column: asof.features(ref('other_entity'), "
    "entity={'street': ...})",
    "group_in_python": "prices_in_python is a Python model, which cannot be followed back to its sources; write the group in SQL",
    "entity_renamed_from_nothing": "entity of prices is {'store': 'rival'}, expected the spine's column for columns of shop, as in "
    "entity={'shop': 'origin'}",
    "entity_renamed_to_nothing": "the entity column rivall of prices is not in the spine rivals (id, shop, rival, asked_at)",
    "group_with_wrong_ttl": "asof.feature_view: the ttl of wrong_ttl is 'a day', expected for example '3 hours'",
    "column_that_is_not_there": "asof: prices has no column cost; it has shop, happened_at, learned_at, price, note",
    "two_columns_of_one_name": "asof.feature_view: the column price comes from prices and from prices; "
    "write asof.features(ref('prices'), prefix='prices_')",
    "two_columns_but_for_their_case": "the column PRICE comes from prices and from shouting",
    "group_with_unknown_key": "asof: unknown_key (feature_group) has the unknown key tttl in meta.asof; known: role, entity, "
    "event_time, known_at, ttl, valid_to, waive",
    "entity_that_is_text": "asof: entity_as_text (feature_group) has the text shop as its entity, expected a list; "
    "write entity: [shop]",
    "group_with_a_reserved_name": "reserved_name has a column asof_visible_from; names that begin with asof_ are kept for the "
    "join, rename it",
    "group_untested": "the test asof.unique_feature_rows of untested is missing, and the join would not know which of two rows "
    "of one time to take; in its YAML write data_tests: [asof.unique_feature_rows]",
    "group_tested_by_halves": "the test asof.unique_feature_rows of tested_by_halves only warns, and the join would not know",
    "group_tested_in_part": "the test asof.unique_feature_rows of tested_in_part looks at some of its rows only, and",
    "entity_of_another_type": "the entity column shop is bigint in shop_as_number and character varying(256) in the spine questions; in one of "
    "them write cast(shop as ...) as shop",
    "group_with_deletions_as_rows": "deletions_as_rows has deletions as rows of their own (dbt_is_deleted); make the group a "
    "model over it, with where dbt_is_deleted = 'False', without that column, and with valid_to: dbt_valid_to in its meta",
    "no_unique_key": "no_unique_key is incremental without a unique_key, so that a row whose label becomes known would be there "
    "twice; write config(unique_key=",
    "rows_are_appended": "rows_are_appended is incremental with the strategy append",
    "key_without_the_moment": "key_without_the_moment is incremental with the unique_key id, so that rows of other questions would "
    "be deleted; write config(unique_key=['id', 'asked_at'])",
    "spine_untested": "the test asof.unique_spine_rows of untested_questions is missing, and a prediction would be made twice",
    "label_untested": "the test asof.unique_label_rows of untested_answers is missing, and a question would have two outcomes",
    "group_that_errors_late": "the test asof.unique_feature_rows of errors_late errors only if >100, and the join would not know",
    "group_counted_otherwise": "asof.unique_feature_rows of counted_otherwise counts its failures as max(rows_of_one_time) - 2",
    "group_tested_to_a_limit": "the test asof.unique_feature_rows of tested_to_a_limit looks at some of its rows only",
    "entity_of_floats": "the entity column shop is double in shop_as_double, and floating-point numbers do not tell rows apart; "
    "there write cast(shop as bigint) as shop",
    "label_key_of_another_kind": "the key id is character varying(256) in answers_by_text and integer in the spine questions",
    "ttl_of_zero": "the ttl of prices is '0 days', expected for example '3 hours'",
    "ttl_of_nothing": "the ttl of prices is '0', expected for example '3 hours'",
    "columns_as_text": "columns of prices is price, expected a list of names, as in columns=['price']",
    "no_columns": "columns of prices is [], expected a list of names, as in columns=['note']; leave it out for all columns",
    "group_with_a_quote_in_a_name": 'quoted_name has a column the "price"; a name with a double quote cannot be used, rename it',
    "group_with_counted_times": "the time happened_at of counted_times is bigint, expected an instant; in the model write: "
    "to_timestamp(happened_at) as happened_at (of seconds since 1970",
    "wrong_lookback": "the lookback of wrong_lookback is 'soon', expected for example '3 hours'",
    "no_list_of_features": "asof.feature_view: features takes a list of asof.features(...), got",
}


@pytest.fixture(scope="module", autouse=True)
def _parts(rule):
    rule.fill(questions=[*QUESTIONS], **FACTS)
    built = rule.dbt("run", "--select", "path:models/parts")
    assert built.returncode == 0, built.stdout


@pytest.fixture(scope="module")
def refusals(rule, _parts):
    """The message of each wrong view, all from one run."""
    assert rule.dbt("run", "--select", "+path:models/wrong").returncode == 1
    results = json.loads((rule.root / "target/run_results.json").read_text())["results"]
    return {result["unique_id"].split(".")[-1]: result["message"] for result in results if result["status"] == "error"}


@pytest.mark.parametrize("view", MESSAGES)
def test_a_wrong_view_is_refused(refusals, view):
    assert MESSAGES[view] in refusals[view]


def test_every_wrong_view_is_tested(refusals):
    assert set(refusals) == set(MESSAGES)


def test_a_group_that_is_not_built(rule):
    rule.execute("drop view moods")
    done = rule.dbt("run", "--select", "unlabelled", asof_partial_builds=True)
    assert "asof: moods is not built yet; run: dbt build --select +moods" in done.stdout
    rule.dbt("run", "--select", "moods")


def test_a_view_that_would_be_built_without_its_groups(rule):
    """New rows would be joined with groups as they were the last time, and stay so."""
    done = rule.dbt("run", "--select", "unlabelled", "prices")
    assert done.returncode == 1
    words = " ".join(done.stdout.split())
    assert "unlabelled would be built without moods, questions, which may be older than the present" in words
    assert "run: dbt build --select +unlabelled" in words
    assert rule.dbt("run", "--select", "unlabelled", asof_partial_builds=True).returncode == 0


def test_a_clock_that_goes_back(rule):
    early, late = "2024-05-01T17:00:00Z", "2024-05-01T18:30:00Z"
    assert rule.dbt("run", "--select", "+known", "+unlabelled", now=late).returncode == 0
    refused = rule.dbt("run", "--select", "+known", now=early)
    assert refused.returncode == 1
    assert (
        "known has been built up to 2024-05-01 18:30:00+00, after the present 2024-05-01 17:00:00+00; set"
        in refused.stdout
    )
    assert "dbt build --full-refresh --select +known" in refused.stdout
    # of the view without labels the newest row was due at 17:00
    assert rule.dbt("run", "--select", "+unlabelled", now=early).returncode == 0
    assert rule.dbt("run", "--select", "+unlabelled", now="2024-05-01T16:29:00Z").returncode == 1
    assert rule.dbt("run", "--full-refresh", "--select", "+known", now=early).returncode == 0


def test_a_session_that_is_not_utc(rule):
    done = rule.dbt("run", "--select", "+unlabelled", "--target", "local")
    assert "the session's time zone is America/New_York, expected UTC" in done.stdout
    assert "settings: {TimeZone: UTC}" in done.stdout


def test_a_session_of_postgres_that_is_not_utc(server, project_folder, environment):
    with PostgreSQL(server).cursor() as cursor:
        cursor.execute("drop schema if exists main cascade; drop schema if exists raw cascade")
    abroad = RuleProject(project_folder, environment, PostgreSQL(server, zone="America/New_York"))
    abroad.fill()
    done = abroad.dbt("run", "--select", "+unlabelled")
    assert done.returncode == 1
    assert "the session's time zone is America/New_York, expected UTC; run alter database" in done.stdout
    assert "PGTZ=UTC" in done.stdout


@pytest.mark.parametrize("now", ["yesterday", "2024-05-01T25:00", "2024-05-01'; drop table known; --"])
def test_a_clock_that_is_no_instant(rule, now):
    done = rule.dbt("compile", "--select", "prices", now=now)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr


def test_rows_of_one_entity_event_and_known_time_fail_the_group_s_test(rule):
    shop, happened, learned, _, _ = PRICES[0]
    rule.fill(questions=[*QUESTIONS], **{**FACTS, "prices": [*PRICES, (shop, happened, learned, 99, "twice")]})
    done = rule.dbt("test", "--select", "prices")
    assert done.returncode == 1
    assert "Got 1 result, configured to fail if != 0" in done.stdout

"""The time rule of a feature view against a table that was worked out by hand, on both engines."""

from datetime import UTC, datetime

import pytest
from cases import FACTS, NOT_DUE, NOW, QUESTIONS

COLUMNS = "id, price, note, fresh_price, mood, season, rent"


@pytest.fixture(scope="module")
def rule(each_engine):
    each_engine.fill(questions=[*QUESTIONS, *NOT_DUE], **FACTS)
    built = each_engine.dbt("build", "--select", "+path:models/right", now=NOW)
    assert built.returncode == 0, built.stdout
    return each_engine


def test_every_question_gets_what_was_known_and_comes_out_once(rule):
    rows = rule.sql(f"select {COLUMNS} from known order by id")
    assert rows == [(question[0], *answer) for question, answer in QUESTIONS.items()]


def test_the_columns_are_the_spine_s_then_the_features_then_the_labels(rule):
    assert rule.columns("known") == [
        *["id", "shop", "city", "asked_at"],
        *["price", "note", "fresh_price", "mood", "season", "rent"],
        *["answer", "label_known_at"],
    ]
    assert rule.columns("unlabelled")[-1] == "mood"


def test_a_group_may_have_columns_of_any_name(rule):
    """A group's own `visible_from` once took the place of the join's; a group's name need be no name of SQL."""
    for view in ("own_names_view", "oddly_named_view"):
        rows = rule.sql(f"select id, price, note from {view} order by id")
        assert rows == [(question[0], *answer[:2]) for question, answer in QUESTIONS.items()]


def test_a_group_joined_by_two_columns_of_the_spine(rule):
    """The shop itself, and the shop across the street: of A that is B, of which nothing is known; of all others it is A."""
    rows = rule.sql("select id, own_note, rival_note from two_roles order by id")
    of_a_at_16 = "a NULL is a fact"
    assert rows == [
        (question[0], answer[1], None if question[1] == "A" else of_a_at_16) for question, answer in QUESTIONS.items()
    ]


def test_a_label_is_there_once_it_is_known(rule):
    assert rule.sql("select id, answer, label_known_at from known where label_known_at is not null") == [
        (2, True, datetime(2024, 5, 1, 16, 59, tzinfo=UTC))
    ]


def test_the_sql_can_be_read_and_stays_as_it_is(rule, repository):
    golden = repository / f"tests/dbt_package/golden/known.{rule.engine.name}.sql"
    assert rule.compiled("known").strip() + "\n" == golden.read_text()

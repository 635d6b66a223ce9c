"""An incremental feature view: later steps add what is new and nothing else, and end where one build for all ends."""

import re
from datetime import UTC, datetime

import pytest
from cases import ANSWERS, FACTS, NOT_DUE, QUESTIONS, at


@pytest.fixture(scope="module")
def rule(each_engine):
    each_engine.fill(questions=[*QUESTIONS, *NOT_DUE], **FACTS)
    return each_engine


def build(rule, now, *arguments):
    built = rule.dbt("run", "--select", "+known", *arguments, now=now)
    assert built.returncode == 0, built.stdout
    return rule.sql(
        "select id, price, note, fresh_price, mood, answer, label_known_at, season, rent from known order by id"
    )


def test_steps_end_where_one_build_ends(rule):
    first = build(rule, "2024-05-01T12:00:00Z")
    assert [row[0] for row in first] == [1, 2, 3, 4, 15]
    assert all(row[5] is None for row in first)
    rule.execute("update known set note = 'written before'")

    second = build(rule, "2024-05-01T17:30:00Z")
    assert [row[0] for row in second] == list(range(1, 19))
    assert [row[0] for row in second if row[2] == "written before"] == [1, 2, 3, 4, 15]
    labelled = [row for row in second if row[5] is not None]
    assert [(row[0], *row[5:7]) for row in labelled] == [(2, True, datetime(2024, 5, 1, 16, 59, tzinfo=UTC))]

    third = build(rule, "2024-05-01T19:00:00Z")
    assert [row[0] for row in third if row[5] is not None] == [2, 3]
    # what shop C learned at 18 was not known at 16, whenever the row is built
    assert next(row for row in third if row[0] == 16)[1] is None

    # but for the mark, one build for all is the same
    rebuilt = build(rule, "2024-05-01T19:00:00Z", "--full-refresh")
    assert [row[:2] + row[3:] for row in rebuilt] == [row[:2] + row[3:] for row in third]


def test_an_outcome_that_is_corrected_is_still_one_row(rule):
    corrected = [*ANSWERS, (2, False, "2024-05-01 17:20:00+00"), (1, True, "2024-05-01 17:20:00+00")]
    rule.fill(questions=[*QUESTIONS, *NOT_DUE], **{**FACTS, "answers": corrected})
    for arguments in (["--full-refresh"], []):
        rows = build(rule, "2024-05-01T17:10:00Z", *arguments)
        assert [(row[0], row[5]) for row in rows if row[6]] == [(2, True)]
    for arguments in ([], ["--full-refresh"]):
        rows = build(rule, "2024-05-01T17:30:00Z", *arguments)
        assert [row[0] for row in rows] == list(range(1, 19))
        assert [(row[0], row[5]) for row in rows if row[6]] == [(1, True), (2, False)]
    rule.fill(questions=[*QUESTIONS, *NOT_DUE], **FACTS)


def test_the_same_step_again_changes_nothing(rule):
    before = build(rule, "2024-05-01T19:00:00Z", "--full-refresh")
    assert build(rule, "2024-05-01T19:00:00Z") == before


def test_all_models_of_a_run_have_one_present(rule):
    """Were it the database's clock, a row due between the building of a group and of the view would miss the group's news."""
    before = datetime.now(UTC)
    assert rule.dbt("compile", "--select", "prices", "moods", "known", asof_partial_builds=True).returncode == 0
    compiled = [rule.compiled(model) for model in ("../parts/prices", "../parts/moods", "known")]
    presents = {present for sql in compiled for present in re.findall(r"cast\('([^']+)' as timestamptz\)", sql)}
    assert len(presents) == 1
    assert before < datetime.fromisoformat(presents.pop()) < datetime.now(UTC)
    assert "current_timestamp" not in "".join(compiled)


def test_a_row_that_comes_later_than_it_says_is_picked_up_within_the_lookback(rule):
    """Of shop A two rows that say 12:30 reach the warehouse after 17:00; rows of the last two hours are joined again."""

    def build(*arguments):
        built = rule.dbt("run", "--select", "+looking_back", *arguments, now="2024-05-01T17:00:00Z")
        assert built.returncode == 0, built.stdout
        return dict(rule.sql("select id, price from looking_back"))

    before = build("--full-refresh")
    assert (before[5], before[8], before[9], before[10]) == (3, 4, 5, None)
    late = [("A", at("12:30"), at("12:30"), 7, "late"), ("A", at("16:20"), at("12:30"), 8, "late")]
    rule.fill(questions=[*QUESTIONS, *NOT_DUE], **{**FACTS, "prices": [*FACTS["prices"], *late]})
    # the newest row was asked at 16:30: those after 14:30 are joined again
    after = build()
    assert (after[5], after[8], after[9], after[10]) == (3, 7, 5, 8)
    assert build("--full-refresh") == {**after, **dict.fromkeys([5, 6, 7, 11, 12], 7)}
    rule.fill(questions=[*QUESTIONS, *NOT_DUE], **FACTS)


def test_a_question_that_is_gone_or_moved_leaves_the_view(rule):
    build(rule, "2024-05-01T19:00:00Z", "--full-refresh")
    moved = [(4, "A", "Y", at("10:30")) if row[0] == 4 else row for row in QUESTIONS if row[0] != 5]
    rule.fill(questions=moved, **FACTS)
    rows = build(rule, "2024-05-01T19:00:00Z")
    assert [row[0] for row in rows] == [1, 2, 3, 4, *range(6, 18)]
    assert next(row for row in rows if row[0] == 4)[1:4] == (1, "on time", 1), "as of 10:30"
    assert build(rule, "2024-05-01T19:00:00Z", "--full-refresh") == rows
    rule.fill(questions=[*QUESTIONS, *NOT_DUE], **FACTS)


def test_an_outcome_changes_the_labels_and_nothing_else(rule):
    """What was scored is what is learned from, though the spine was overwritten in between."""
    rule.fill(questions=[*QUESTIONS, *NOT_DUE], **{**FACTS, "answers": []})
    build(rule, "2024-05-01T19:00:00Z", "--full-refresh")
    overwritten = [(2, "A", "Y", row[3]) if row[0] == 2 else row for row in QUESTIONS]
    rule.fill(questions=overwritten, **FACTS)
    done = rule.dbt("run", "--select", "+known", now="2024-05-01T19:00:00Z")
    assert rule.sql("select city, mood, answer from known where id = 2") == [("X", "calm", True)]
    words = " ".join(done.stdout.split())
    assert (
        "1 rows of known keep the city that they were built with, and the spine questions has another one now" in words
    )
    assert "dbt build --full-refresh --select +known" in words

    taken_back = [row for row in ANSWERS if row[0] != 2]
    rule.fill(questions=overwritten, **{**FACTS, "answers": taken_back})
    build(rule, "2024-05-01T19:00:00Z")
    assert rule.sql("select city, mood, answer, label_known_at from known where id = 2") == [("X", "calm", None, None)]
    rule.fill(questions=[*QUESTIONS, *NOT_DUE], **FACTS)

"""The time rule of a feature view against a table that was worked out by hand, and against brute force."""

import random
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from cases import ANSWERS, MOODS, NOT_DUE, NOW, PRICES, QUESTIONS
from rule_project import fill

COLUMNS = "id, price, note, fresh_price, mood"


@pytest.fixture(scope="module", autouse=True)
def _built(rule):
    rule.fill(questions=[*QUESTIONS, *NOT_DUE], prices=PRICES, moods=MOODS, answers=ANSWERS)
    built = rule.dbt("build", "--select", "+path:models/right", now=NOW)
    assert built.returncode == 0, built.stdout


def test_every_question_gets_what_was_known_and_comes_out_once(rule):
    rows = rule.sql(f"select {COLUMNS} from known order by id")
    assert rows == [(question[0], *answer) for question, answer in QUESTIONS.items()]


def test_the_columns_are_the_spine_s_then_the_features_then_the_labels(rule):
    names = [name for (name,) in rule.sql("select column_name from (describe known)")]
    assert names == [
        *["id", "shop", "city", "asked_at"],
        *["price", "note", "fresh_price", "mood"],
        *["answer", "label_known_at"],
    ]
    assert [name for (name,) in rule.sql("select column_name from (describe unlabelled)")][-1] == "mood"


def test_a_group_may_have_columns_of_any_name(rule):
    """A group's own `visible_from` once took the place of the join's."""
    rows = rule.sql("select id, price, note from own_names_view order by id")
    assert rows == [(question[0], *answer[:2]) for question, answer in QUESTIONS.items()]


def test_a_label_is_there_once_it_is_known(rule):
    assert rule.sql("select id, answer, label_known_at from known where label_known_at is not null") == [
        (2, True, datetime(2024, 5, 1, 16, 59, tzinfo=UTC))
    ]


def test_the_sql_can_be_read_and_stays_as_it_is(rule, repository):
    golden = repository / "tests/dbt_package/golden/known.sql"
    assert rule.compiled("known").strip() + "\n" == golden.read_text()


def visible(rows, entity, as_of, ttl=None):
    """The rule in plain Python: rows are (entity, event time, known time, value); the value of the winner, or None."""
    if any(part is None for part in entity) or as_of is None:
        return None
    candidates = [
        (event_time, known_at, value)
        for row_entity, event_time, known_at, value in rows
        if row_entity == entity
        and event_time is not None
        and known_at is not None
        and event_time <= as_of
        and known_at <= as_of
    ]
    event_time, _, value = max(candidates, key=lambda row: row[:2], default=(None, None, None))
    return value if ttl is None or event_time is None or event_time > as_of - ttl else None


@pytest.mark.parametrize("seed", range(100))
def test_random_tables_against_brute_force(rule, seed):
    """Times on a coarse grid, so that they tie, are late, restated, or known ahead; the SQL is compiled once."""
    chance = random.Random(seed)
    start = datetime(2024, 5, 1, 8, tzinfo=UTC)

    def moment(nulls=0.05):
        return None if chance.random() < nulls else start + timedelta(minutes=30 * chance.randrange(16))

    def one_of(*values):
        return chance.choice(values)

    questions = [(i, one_of("A", "B", None), one_of("X", "Y", None), moment()) for i in range(chance.randrange(40))]
    facts = {(one_of("A", "B", None), moment(), moment()) for _ in range(chance.randrange(60))}
    prices = [(*fact, one_of(n, n, None), f"n{n}") for n, fact in enumerate(facts)]
    feelings = {(one_of("A", "B"), one_of("X", "Y", None), moment()) for _ in range(chance.randrange(30))}
    moods = [(*feeling, f"m{n}") for n, feeling in enumerate(feelings)]
    for rows in (questions, prices, moods):
        chance.shuffle(rows)

    with duckdb.connect() as connection:
        connection.execute(f"set threads = {one_of(1, 4)}")
        connection.execute("attach ':memory:' as rule; use rule")
        fill(connection, questions=questions, prices=prices, moods=moods, answers=[])
        for name in ("questions", "prices", "moods", "answers"):
            connection.execute(f"create table main.{name} as from raw.{name}")
        found = connection.execute(f"select {COLUMNS} from ({rule.compiled('known')}) order by id").fetchall()

    now = datetime(2024, 5, 1, 17, tzinfo=UTC)
    price_rows = [((shop,), event, known, (price, note)) for shop, event, known, price, note in prices]
    mood_rows = [((shop, city), felt, felt, mood) for shop, city, felt, mood in moods]
    expected = []
    for i, shop, city, asked_at in sorted(questions):
        if asked_at is None or asked_at > now:
            continue
        price, note = visible(price_rows, (shop,), asked_at) or (None, None)
        fresh, _ = visible(price_rows, (shop,), asked_at, timedelta(hours=2)) or (None, None)
        mood = visible(mood_rows, (shop, city), asked_at, timedelta(hours=2))
        expected.append((i, price, note, fresh, mood))
    assert found == expected

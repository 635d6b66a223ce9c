"""The time rule on random tables: the SQL of DuckDB, the SQL of PostgreSQL and the rule in plain Python agree.

Compiled once, run on as many cases as the Hypothesis profile says; `ci` is the default, the other is

    .venv/bin/python -m pytest tests/dbt_package/test_random.py --hypothesis-profile=thorough
"""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from engines import DuckDB, PostgreSQL, fill
from hypothesis import example, given
from hypothesis import strategies as st
from rule_in_python import Fact, answer
from rule_project import RuleProject

START = datetime(2024, 5, 1, 8, tzinfo=UTC)
NOW = datetime(2024, 5, 1, 11, 30, tzinfo=UTC)
COLUMNS = "id, price, note, fresh_price, mood, season, rent, answer"

# DuckDB joins a few rows in a loop, and sorts as for many where it must: both have to be right, on any thread count.
SETTINGS = (
    ["set timezone = 'UTC'"],
    ["set threads = 1; set asof_loop_join_threshold = 64", "set threads = 3; set asof_loop_join_threshold = 0"],
)

# A coarse grid, and a few entities, so that times tie and rows are late, restated, or known before they happen.
moments = st.integers(0, 8).map(lambda n: START + timedelta(minutes=30 * n))
times = st.one_of(moments, moments, moments, moments, st.none())
shops = st.sampled_from(["A", "A", "A", "B", None])
cities = st.sampled_from(["X", "X", "Y", None])
ids = st.integers(0, 14)
numbers = st.one_of(st.integers(0, 99), st.none())


def rows(*columns, key, most=30):
    """Lists of rows; no two of them have the same values in the columns of the key."""
    return st.lists(st.tuples(*columns), max_size=most, unique_by=lambda row: tuple(row[i] for i in key))


tables = st.fixed_dictionaries(
    {
        "questions": rows(ids, shops, cities, times, key=[0]),
        "prices": rows(shops, times, times, numbers, st.sampled_from(["n", "m", None]), key=[0, 1, 2]),
        "moods": rows(shops, cities, times, st.sampled_from(["calm", "busy", None]), key=[0, 1, 2]),
        "seasons": rows(times, times, st.sampled_from(["wet", "dry", None]), key=[0, 1], most=12),
        "leases": rows(shops, times, times, st.one_of(moments, st.none()), numbers, key=[0, 1, 2]),
        "answers": rows(ids, st.booleans(), moments, key=[0, 2]),
    }
)


@pytest.fixture(scope="module")
def compiled(server, project_folder, environment):
    """An open session on each engine, on which the models are built, and the SQL of the view `known`."""
    engines = [PostgreSQL(server), DuckDB(project_folder / "rule.duckdb")]
    with engines[0].cursor() as cursor:
        cursor.execute("drop schema if exists main cascade; drop schema if exists raw cascade")
    with ExitStack() as stack:
        queries = []
        for engine in engines:
            project = RuleProject(project_folder, environment, engine)
            project.fill()
            built = project.dbt("run", "--select", "+known", now=NOW.isoformat())
            assert built.returncode == 0, built.stdout
            queries.append(f"select {COLUMNS} from ({project.compiled('known')}) as known order by id")
        cursors = [stack.enter_context(engine.cursor()) for engine in engines]
        yield list(zip(cursors, [engine.mark for engine in engines], queries, SETTINGS, strict=True))


# A NULL in the second of two entity columns, on both sides: DuckDB's own ASOF join took them for equal.
NULL_ENTITY = {
    "questions": [(0, "A", None, START), (1, "A", "X", None)],
    "moods": [("A", None, START, "calm")],
    **{name: [] for name in ("prices", "seasons", "leases", "answers")},
}


@example(NULL_ENTITY)
@given(tables)
def test_both_engines_and_the_rule_in_python_agree(compiled, tables):
    expected = by_the_rule(**tables)
    for cursor, mark, query, settings in compiled:
        fill(cursor, mark, tables)
        for setting in settings:
            cursor.execute(setting)
            cursor.execute(query)
            assert cursor.fetchall() == expected


def by_the_rule(questions, prices, moods, seasons, leases, answers):
    facts = {
        "price": [Fact((shop,), event, known, (price, note)) for shop, event, known, price, note in prices],
        "mood": [Fact((shop, city), felt, felt, (mood,)) for shop, city, felt, mood in moods],
        "season": [Fact((), begins, announced, (season,)) for begins, announced, season in seasons],
        "lease": [Fact((shop,), signed, filed, (rent,), ends) for shop, signed, filed, ends, rent in leases],
    }
    two_hours = timedelta(hours=2)
    found = []
    for i, shop, city, asked_at in sorted(questions, key=lambda row: row[0]):
        if asked_at is None or asked_at > NOW:
            continue
        known = [(at, said) for about, said, at in answers if about == i and at <= NOW]
        found.append(
            (
                i,
                *(answer(facts["price"], [shop], asked_at) or (None, None)),
                (answer(facts["price"], [shop], asked_at, two_hours) or (None,))[0],
                *(answer(facts["mood"], [shop, city], asked_at, two_hours) or (None,)),
                *(answer(facts["season"], [], asked_at) or (None,)),
                *(answer(facts["lease"], [shop], asked_at) or (None,)),
                max(known)[1] if known else None,
            )
        )
    return found

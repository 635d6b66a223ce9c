"""The features were made only from what was known: every cell of a random sample against brute force on the raw rows."""

import random
from datetime import UTC, date, datetime

import pytest
from flights_slice import END, FIRST, LAST, START
from oracle import Oracle

NIGHT = (datetime(2013, 11, 3, 3, tzinfo=UTC), datetime(2013, 11, 3, 9, tzinfo=UTC))
SAMPLE = 300


@pytest.fixture(scope="module")
def oracle():
    return Oracle(date.fromisoformat(FIRST), date.fromisoformat(LAST))


@pytest.fixture(scope="module")
def view(daily_flights):
    described = daily_flights.sql("select column_name from (describe features.flight_delay_features)")
    columns = [name for (name,) in described]
    rows = daily_flights.sql("from features.flight_delay_features order by flight_id")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def same(got, expected):
    """Cells are equal; a quotient of the same two integers is the same double in SQL and in Python."""
    return got == expected and (got is None) == (expected is None)


def test_every_flight_that_is_due_is_in_the_view_once(oracle, view):
    due = sorted(f.flight_id for f in oracle.flights.values() if f.asked <= END)
    assert [row["flight_id"] for row in view] == due


def test_a_random_sample_knows_exactly_what_was_known(oracle, view):
    chance = random.Random(2013)
    night = [row for row in view if NIGHT[0] <= row["predicted_at"] <= NIGHT[1]]
    scored = [row for row in view if row["predicted_at"] > START]
    sample = night + chance.sample(scored, SAMPLE // 2) + chance.sample(view, SAMPLE // 2)
    assert len(night) > 10

    wrong = []
    for row in sample:
        expected = oracle.row(row["flight_id"], END)
        assert set(row) == set(expected)
        wrong += [
            (row["flight_id"], column, row[column], expected[column])
            for column in row
            if not same(row[column], expected[column])
        ]
    assert wrong == []


def test_what_the_sample_covers(oracle, view):
    """The sample above proves something only where there is something to know."""
    for column in view[0]:
        assert any(row[column] is not None for row in view), f"{column} is always NULL"
    assert any(row["aircraft_id"] is None for row in view)
    assert any(row["label_known_at"] is None for row in view)
    assert any(f.departed is not None and f.arrived is None for f in oracle.flights.values()), "a diverted flight"

"""Hourly steps, daily steps and one step for all: the same features and the same predictions, to the bit."""

from datetime import timedelta

import pytest
from flights_slice import END, START

PREDICTION = "flight_id, as_of, model, version, alias, score, prediction, decision"

# The first hour looks back a day, to before START.
SINCE_START = f"as_of > timestamptz '{START}'"


@pytest.fixture(params=["hourly_flights", "daily_flights"])
def stepped(request):
    return request.getfixturevalue(request.param)


def test_features_are_the_same(stepped, single_flights):
    query = "from features.flight_delay_features order by flight_id"
    rows = stepped.sql(query)
    assert len(rows) > 28_000
    assert rows == single_flights.sql(query)


@pytest.mark.parametrize("model", ["flight_delay", "arrival_delay"])
def test_predictions_are_the_same(stepped, single_flights, model):
    query = f"select {PREDICTION} from predictions.{model} where {SINCE_START} order by flight_id"
    rows = stepped.sql(query)
    assert len(rows) > 900
    assert rows == single_flights.sql(query)


def test_every_flight_is_scored_once_and_only_once_it_is_due(hourly_flights):
    due = hourly_flights.sql(
        "select flight_id from features.flight_delay_features "
        f"where predicted_at > timestamptz '{START}' and predicted_at <= timestamptz '{END}' order by 1"
    )
    assert hourly_flights.sql(f"select flight_id from predictions.flight_delay where {SINCE_START} order by 1") == due
    shortest, longest = hourly_flights.sql(
        f"select min(scored_at - as_of), max(scored_at - as_of) from predictions.flight_delay where {SINCE_START}"
    )[0]
    assert timedelta(0) <= shortest <= longest < timedelta(hours=1)


def test_every_hour_left_its_run(hourly_flights):
    runs = hourly_flights.sql(
        "select window_to, status, scored_rows from ml.prediction_runs where model = 'flight_delay' order by 1"
    )
    assert [window_to for window_to, _, _ in runs] == [START + timedelta(hours=n + 1) for n in range(28)]
    assert {status for _, status, _ in runs} == {"done"}
    total = hourly_flights.sql("select count(*) from predictions.flight_delay")[0][0]
    assert sum(scored for _, _, scored in runs) == total


def test_outcomes_of_those_before_are_seen(hourly_flights):
    """Flights that were due in the hour before START had no outcome then, and have one at END."""
    known = hourly_flights.sql(
        "select count(*) filter (where label_known_at is null), count(*) filter (where label_known_at is not null) "
        "from features.flight_delay_features "
        f"where predicted_at between timestamptz '{START}' - interval '1 hour' and timestamptz '{START}'"
    )[0]
    assert known == (0, 42)

"""The loop from raw tables to predictions on the slice: what it wrote against counts and scores worked out here."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from flights_slice import END, FIRST, LAST, START
from oracle import Flight, Oracle

from asof.registry.model_version import load_version
from asof.registry.store import Registry

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def flights() -> list[Flight]:
    return list(Oracle(date.fromisoformat(FIRST), date.fromisoformat(LAST)).flights.values())


def asked_between(flights: list[Flight], start: datetime, end: datetime, known_by: datetime) -> list[Flight]:
    return [f for f in flights if start <= f.asked < end and f.arrived is not None and f.arrived <= known_by]


@pytest.fixture(scope="module")
def splits(flights) -> dict[str, list[Flight]]:
    """Five days to test, a gap of one, five to validate, a gap of one; each with the outcomes known when it ended."""
    long_ago = START - 365 * DAY
    return {
        "train": asked_between(flights, long_ago, START - 12 * DAY, known_by=START - 11 * DAY),
        "validation": asked_between(flights, START - 11 * DAY, START - 6 * DAY, known_by=START - 5 * DAY),
        "test": asked_between(flights, START - 5 * DAY, START, known_by=START),
    }


@pytest.fixture(scope="module")
def champion(promoted_flights):
    """The estimator as it was fitted."""
    project = promoted_flights.open(START)
    with project.warehouse(read_only=True) as warehouse:
        return load_version(Registry(project, warehouse), "flight_delay", 1, project)


def frame(project, flight_ids: list[str], names: list[str]) -> pd.DataFrame:
    """Rows of the view as an estimator gets them, made without the engine."""
    columns = ", ".join(names)
    rows = project.sql(f"select flight_id, {columns} from features.flight_delay_features")
    table = pd.DataFrame(rows, columns=["flight_id", *names], dtype=object).set_index("flight_id").loc[flight_ids]
    for name in names:
        values = list(table[name])
        if any(isinstance(value, str) for value in values):
            table[name] = pd.Series(values, index=table.index, dtype=object)
        else:
            table[name] = [np.nan if value is None else float(value) for value in values]
    return table


def test_each_split_has_the_rows_that_were_known(promoted_flights, splits):
    rows = promoted_flights.sql("select model, train_rows, validation_rows, test_rows from ml.training_runs order by 1")
    counts = tuple(len(splits[name]) for name in ("train", "validation", "test"))
    assert rows == [("arrival_delay", *counts), ("flight_delay", *counts)]
    assert counts[0] > 15_000


def test_the_metrics_are_those_of_the_estimator_on_the_test_split(promoted_flights, splits, champion):
    late = np.array([f.arrival_delay >= 15 for f in splits["test"]])
    names = champion.signature.names
    x = frame(promoted_flights, [f.flight_id for f in splits["test"]], names)
    scores = champion.estimator.predict_proba(x)[:, 1].astype(float)
    # the share of pairs of a late and a punctual flight that are in order, ties counting half
    pairs = scores[late][:, None] - scores[~late][None, :]
    auc = (pairs > 0).mean() + (pairs == 0).mean() / 2
    brier = ((scores - late) ** 2).mean()
    prior = np.mean([f.arrival_delay >= 15 for f in splits["train"]])

    stored = promoted_flights.sql(
        "select metric, value, baseline_value from ml.metrics inner join ml.model_versions using (run_id) "
        "where model = 'flight_delay' and split = 'test' and slice = 'all'"
    )
    measured = {metric: (value, baseline) for metric, value, baseline in stored}
    assert measured["roc_auc"] == (pytest.approx(auc, abs=1e-12), 0.5)
    assert measured["brier_score"] == (
        pytest.approx(brier, abs=1e-12),
        pytest.approx(((prior - late) ** 2).mean(), abs=1e-12),
    )
    assert auc > 0.65


def test_the_slices_are_the_airports_with_their_flights(promoted_flights, splits):
    stored = promoted_flights.sql(
        "select slice, row_count from ml.metrics inner join ml.model_versions using (run_id) "
        "where model = 'arrival_delay' and split = 'test' and slice_by = 'origin' and metric = 'r2' order by 1"
    )
    counts = {origin: sum(f.origin == origin for f in splits["test"]) for origin in ("EWR", "JFK", "LGA")}
    assert stored == list(counts.items())


def test_every_flight_that_came_due_is_predicted_with_its_decision(daily_flights, flights):
    due = sorted(f.flight_id for f in flights if START < f.asked <= END)
    rows = daily_flights.sql(
        "select flight_id, score, prediction, decision from predictions.flight_delay "
        f"where as_of > timestamptz '{START}' order by flight_id"
    )
    assert [flight_id for flight_id, *_ in rows] == due
    assert {decision for *_, decision in rows} == {"warn", "none"}
    for _, score, prediction, decision in rows:
        assert 0 < score < 1
        assert prediction == (score >= 0.5)
        assert decision == ("warn" if score >= 0.3 else "none")


def test_flights_that_were_called_off_are_predicted_and_have_no_outcome(daily_flights, flights):
    nowhere = sorted(f.flight_id for f in flights if f.arrived is None and START < f.asked <= END)
    assert nowhere == ["2013-11-03-MQ-3340-LGA", "2013-11-03-US-2179-LGA"]
    joined = daily_flights.sql(
        "select flight_id, score is not null, is_late, arrival_delay_minutes, label_known_at "
        "from predictions.flight_delay inner join features.flight_delay_features using (flight_id) "
        f"where flight_id in {tuple(nowhere)} order by 1"
    )
    assert joined == [(flight_id, True, None, None, None) for flight_id in nowhere]

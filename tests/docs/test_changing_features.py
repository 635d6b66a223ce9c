"""The three stories of docs/changing_features.md, on the reference system."""

import json

import pytest
from flights_slice import START

from asof.errors import ChangedFeaturesError

GROUPS = "dbt_project/models/features"
ROWS = "sum(hash(flight_id, as_of, score, prediction, decision, features_hash)::hugeint), count(*)"


@pytest.fixture(scope="module")
def flights(promoted_flights, tmp_path_factory):
    """A copy with predictions, in which arrival_delay does not use what the story changes."""
    flights = promoted_flights.copy(tmp_path_factory.mktemp("stories") / "project")
    spec = flights.root / "models/arrival_delay.yml"
    excluded = "exclude: [carrier_origin_departures_3h, carrier_origin_mean_departure_delay_3h, carrier_origin_late_departure_rate_3h, "
    spec.write_text(spec.read_text().replace("exclude: [", excluded))
    flights.run("asof", "train", "arrival_delay", "--now", START.isoformat())
    flights.run("asof", "promote", "arrival_delay", "--now", START.isoformat())
    flights.run("asof", "predict", "flight_delay", "--now", START.isoformat())
    return flights


def edit(flights, group, old, new):
    path = flights.root / GROUPS / f"{group}.sql"
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new))


def asof(flights, *arguments):
    return flights.run("asof", *arguments, "--now", START.isoformat())


def verdicts(flights):
    found = json.loads(asof(flights, "plan", "--json"))
    return {version["model"]: version["verdict"] for version in found["versions"]}


def predictions(flights, version):
    return flights.sql(f"select {ROWS} from predictions.flight_delay where version = {version}")


def test_the_three_stories(flights):
    first = predictions(flights, 1)

    # a cosmetic refactoring of a group
    edit(flights, "origin_weather", "conditions", "observations")
    edit(flights, "origin_weather", "from weather", "from weather  -- by the hour")
    assert verdicts(flights) == {"flight_delay": "unaffected", "arrival_delay": "unaffected"}
    flights.build(START)
    asof(flights, "predict", "flight_delay", "--again")
    assert predictions(flights, 1) == first

    # a changed window
    edit(flights, "carrier_origin_punctuality", "        '3 hours'\n", "        '2 hours'\n")
    assert verdicts(flights) == {"flight_delay": "must be retrained", "arrival_delay": "unaffected"}
    flights.build(START, "--full-refresh")
    code, _ = flights.check(START, "predict", "arrival_delay")
    assert code == 0
    with pytest.raises(
        AssertionError, match="carrier_origin_departures_3h.* no longer mean what they meant at training"
    ):
        asof(flights, "predict", "flight_delay")
    assert flights.sql("select distinct cause from ml.prediction_runs where status = 'failed'") == [
        (ChangedFeaturesError.cause,)
    ]

    # a bad version is rolled back with its features
    asof(flights, "train", "flight_delay")
    asof(flights, "promote", "flight_delay", "2", "--force", "--reason", "a shorter memory")
    asof(flights, "predict", "flight_delay")
    assert predictions(flights, 2) != first
    asof(flights, "rollback", "flight_delay", "--rebuild", "--reason", "complaints")
    asof(flights, "predict", "flight_delay", "--again")
    assert predictions(flights, 1) == first

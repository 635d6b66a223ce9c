"""What the models were given when they predicted, against their view derived again."""

import json

import pytest
from flights_slice import END


def replayed(project):
    return project.check(END, "replay", "flight_delay", "--predictions")


@pytest.fixture
def project(daily_flights, tmp_path):
    return daily_flights.copy(tmp_path / "project")


def test_what_was_given_is_what_the_view_gives(project):
    code, result = replayed(project)
    scored = project.sql("select count(*) from predictions.flight_delay")[0][0]
    assert (code, result["rows"], result["hashed"], result["gone"], result["not_comparable"]) == (0, scored, 0, 0, 0)
    assert result["columns"] == project.sql("select count(*) from ml.model_features where model = 'flight_delay'")[0][0]
    assert result["differences"] == []


def test_a_source_that_was_changed_in_place_is_skew(project):
    """The weather at one airport is corrected after flights were scored with it: no known time says so.

    The features of some of its flights are kept; of others there is a hash, which of Newark's is of another DuckDB.
    """
    project.sql("update raw.weather set temp = temp + 1 where origin = 'JFK'")
    project.sql("update predictions.flight_delay set features = null where flight_id not like '%-B6-%'")
    project.sql("update predictions.flight_delay set features = null, run_id = 'x' where flight_id like '%EWR'")
    counts = """
        select
            count(*) filter (f.origin = 'JFK' and f.temperature_f is not null and p.features is not null),
            count(*) filter (f.origin = 'JFK' and f.temperature_f is not null and p.features is null),
            count(*) filter (f.origin <> 'EWR' and p.features is null),
            count(*) filter (f.origin = 'EWR')
        from predictions.flight_delay as p
        inner join features.flight_delay_features as f on p.flight_id = f.flight_id and p.as_of = f.predicted_at
    """
    of_kept, of_others, hashed, newark = project.sql(counts)[0]
    code, result = replayed(project)
    by_hash, by_column = result["differences"]
    assert code == 1
    assert (by_column["column"], by_column["rows"]) == ("temperature_f", of_kept)
    assert (by_hash["column"], by_hash["rows"]) == ("features_hash", of_others)
    assert (result["hashed"], result["not_comparable"]) == (hashed, newark)
    assert min(of_kept, of_others, hashed, newark) > 50
    for example in by_column["examples"]:
        assert float(example["today"]) == pytest.approx(float(example["then"]) + 1)
        assert example["key"]["flight_id"].endswith("JFK")
    assert all(example["key"]["flight_id"].endswith("JFK") for example in by_hash["examples"])


def test_the_kept_features_are_those_of_the_view_to_the_bit(project):
    rows = project.sql("""
        select p.features, f.* from predictions.flight_delay as p
        inner join features.flight_delay_features as f on p.flight_id = f.flight_id and p.as_of = f.predicted_at
    """)
    names = [name for (name,) in project.sql("select column_name from (describe features.flight_delay_features)")]
    assert len(rows) > 900
    for kept, *values in rows:
        view = dict(zip(names, values, strict=True))
        for name, value in json.loads(kept).items():
            assert value == view[name]

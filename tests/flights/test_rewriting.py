"""A few random changes of the reference system's SQL; many are a command (`rewriting.py`)."""

from rewriting import of_project, wrong


def test_fingerprints_tell_mutations_from_rewrites(promoted_flights):
    models, view, columns = of_project(promoted_flights.root, "flight_delay_features")
    assert len(models) == 24
    assert list(wrong(models, view, columns, cases=8, seed=5)) == []

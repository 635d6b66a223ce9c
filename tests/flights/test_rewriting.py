"""A few random changes of the reference system's SQL; many are a command (`rewriting.py`)."""

from flights_slice import START
from rewriting import of_project, wrong


def test_fingerprints_tell_mutations_from_rewrites(promoted_flights):
    graph, columns = of_project(promoted_flights.root)
    assert list(wrong(graph, columns, START, "flight_delay_features", cases=8, seed=5)) == []

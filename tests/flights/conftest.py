"""The slice of real flights, gone on from START to END in hours, in days, and in one step; each way in its own copy."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flights_slice import END, START, FlightsProject

MODELS = ("flight_delay", "arrival_delay")


@pytest.fixture(scope="session")
def hourly_flights(promoted_flights, tmp_path_factory) -> FlightsProject:
    project = promoted_flights.copy(tmp_path_factory.mktemp("hourly") / "project")
    hours = int((END - START) / timedelta(hours=1))
    instants = [(START + timedelta(hours=n + 1)).isoformat() for n in range(hours)]
    project.run("python", str(Path(__file__).with_name("hourly.py")), str(project.root), *instants)
    return project


@pytest.fixture(scope="session")
def daily_flights(promoted_flights, tmp_path_factory) -> FlightsProject:
    project = promoted_flights.copy(tmp_path_factory.mktemp("daily") / "project")
    for now in (datetime(2013, 11, 3, tzinfo=UTC), END):
        project.build(now)
        for model in MODELS:
            project.run("asof", "predict", model, "--now", now.isoformat())
    return project


@pytest.fixture(scope="session")
def single_flights(promoted_flights, tmp_path_factory) -> FlightsProject:
    """One build from nothing and one prediction for all that came since START."""
    project = promoted_flights.copy(tmp_path_factory.mktemp("single") / "project")
    project.build(END, "--full-refresh")
    for model in MODELS:
        project.run("asof", "predict", model, "--now", END.isoformat(), "--from", START.isoformat())
    return project

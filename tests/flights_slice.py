"""The reference system on a slice of the real flights: October 2013 and the first days of November.

The slice is loaded, built, trained and promoted once, by the commands that a user types, with the clock standing on the
evening before the night in which summer time ends. It goes on from there in copies: in hours, in days, and in one step.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from built_once import built_once
from commands import command_environment, run_command
from package import install_package

from asof import Project

FIRST, LAST = "2013-10-01", "2013-11-05"
START = datetime(2013, 11, 2, 20, tzinfo=UTC)
END = datetime(2013, 11, 4, 0, tzinfo=UTC)
MODELS = ("flight_delay", "arrival_delay")
USER_FILES = ("dbt_project", "models", "training", "inference", "ingestion", "profiles.yml")


@dataclass(frozen=True)
class FlightsProject:
    """The reference system in a folder of its own."""

    root: Path
    environment: dict[str, str]

    def run(self, *command: str, **more: str) -> str:
        """Runs a command of the environment in the project; its stdout, or its words if it fails. `more` is its environment."""
        done = run_command(*command, cwd=self.root, env={**self.environment, **more})
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def build(self, now: datetime, *arguments: str) -> None:
        self.run("dbt", "--quiet", "build", "--project-dir", "dbt_project", *arguments, ASOF_NOW=now.isoformat())

    def check(self, now: datetime, *arguments: str) -> tuple[int, Any]:
        """The exit code of a command that may say no, and what it says as JSON."""
        done = run_command("asof", *arguments, "--now", now.isoformat(), "--json", cwd=self.root, env=self.environment)
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)

    def open(self, now: datetime) -> Project:
        return Project.open(self.root, now=now.isoformat())

    def sql(self, statement: str) -> list[tuple]:
        # two workers may read one project at once
        reads = statement.lstrip().lower().startswith(("select", "with", "from", "describe"))
        with duckdb.connect(str(self.root / "warehouse/flights.duckdb"), read_only=reads) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(statement).fetchall()

    def copy(self, root: Path) -> "FlightsProject":
        shutil.copytree(self.root, root)
        return FlightsProject(root, self.environment)


def new_project(root: Path, repository: Path) -> FlightsProject:
    """A copy of what a user edits, with the dbt package installed, and smaller splits and estimators."""
    root.mkdir()
    for name in USER_FILES:
        if (repository / name).is_dir():
            ignored = shutil.ignore_patterns("target", "dbt_packages", "logs", "__pycache__")
            shutil.copytree(repository / name, root / name, ignore=ignored)
        else:
            shutil.copy(repository / name, root / name)
    install_package(root / "dbt_project")
    for model in MODELS:
        spec = root / f"models/{model}.yml"
        spec.write_text(spec.read_text().replace("30 days", "5 days"))
        estimator = root / f"training/{model}.py"
        faster = estimator.read_text().replace("n_estimators=500", "n_estimators=100")
        estimator.write_text(faster.replace("learning_rate=0.02", "learning_rate=0.1"))
    policy = root / "inference/flight_delay.sql"
    policy.write_text(policy.read_text().replace("score >= threshold", "score >= 0.3"))  # a calm weekend
    return FlightsProject(root, command_environment())


@pytest.fixture(scope="session")
def promoted_flights(tmp_path_factory, repository) -> FlightsProject:
    """The slice at START, with a champion of each model. Not to be changed: work in a copy."""

    def build(folder: Path) -> None:
        project = new_project(folder / "project", repository)
        project.run("python", "ingestion/load_flights.py", "--first", FIRST, "--last", LAST)
        project.build(START)
        for model in MODELS:
            project.run("asof", "train", model, "--now", START.isoformat())
            project.run("asof", "promote", model, "--now", START.isoformat(), "--reason", "first")

    return FlightsProject(built_once(tmp_path_factory, "promoted", build) / "project", command_environment())


@pytest.fixture(scope="session")
def lived(promoted_flights, tmp_path_factory) -> Callable[[str, Callable[[FlightsProject], None]], FlightsProject]:
    """Lets a copy of the promoted project go on, once for all workers. Not to be changed either."""

    def live(name: str, go_on: Callable[[FlightsProject], None]) -> FlightsProject:
        folder = built_once(tmp_path_factory, name, lambda folder: go_on(promoted_flights.copy(folder / "project")))
        return FlightsProject(folder / "project", promoted_flights.environment)

    return live


@pytest.fixture(scope="session")
def hourly_flights(lived) -> FlightsProject:
    def go_on(project: FlightsProject) -> None:
        hours = int((END - START) / timedelta(hours=1))
        instants = [(START + timedelta(hours=n + 1)).isoformat() for n in range(hours)]
        project.run("python", str(Path(__file__).with_name("hourly.py")), str(project.root), *instants)

    return lived("hourly", go_on)


@pytest.fixture(scope="session")
def daily_flights(lived) -> FlightsProject:
    def go_on(project: FlightsProject) -> None:
        for now in (datetime(2013, 11, 3, tzinfo=UTC), END):
            project.build(now)
            for model in MODELS:
                project.run("asof", "predict", model, "--now", now.isoformat())

    return lived("daily", go_on)


@pytest.fixture(scope="session")
def single_flights(lived) -> FlightsProject:
    """One build from nothing and one prediction for all that came since START."""

    def go_on(project: FlightsProject) -> None:
        project.build(END, "--full-refresh")
        for model in MODELS:
            project.run("asof", "predict", model, "--now", END.isoformat(), "--from", START.isoformat())

    return lived("single", go_on)

"""Fixtures: a toy project whose feature view is written by hand, and the reference system on a slice of real flights."""

import shutil
from pathlib import Path

import pytest
from commands import OWN_SETTINGS, command_environment
from hypothesis import settings
from toy import ToyProject, write_toy_project

pytest_plugins = ["flights_slice", "shop_project"]

# The same cases on every machine; `thorough` looks for new ones.
settings.register_profile("ci", max_examples=100, derandomize=True, deadline=None, database=None)
settings.register_profile("thorough", max_examples=10_000, deadline=None, database=None)
settings.load_profile("ci")


# What takes longest begins first, so that workers end together, and what the first of them builds is there for the others.
LONGEST = (
    "flights/test_leaks.py",
    "leaks/test_replay.py",
    "docs/test_docs.py",
    "dbt_package/test_steps.py",
    "flights/test_steps_agree.py",
    "dbt_package/test_refusals.py",
    "docs/test_own_project.py",
    "docs/test_training.py",
    "inference/decide/test_policy.py",
    "kill/test_kill.py",
    "scoring/test_parity.py",
    "inference/batch/test_predict.py",
    "scoring/test_sql_against_sklearn.py",
    "experiment/test_experiment.py",
)


# A test that asks for one of these builds a dbt project, or starts a server or a command.
SLOW_FIXTURES = {"compared", "project_folder", "promoted_flights", "run", "server", "small"}


def pytest_collection_modifyitems(items):
    def place(item) -> int:
        file = item.path.relative_to(Path(__file__).parent).as_posix()
        return LONGEST.index(file) if file in LONGEST else len(LONGEST)

    items.sort(key=place)
    for item in items:
        if SLOW_FIXTURES & set(item.fixturenames):
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    """A developer's own settings do not reach a test."""
    for name in OWN_SETTINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def toy(tmp_path) -> ToyProject:
    return write_toy_project(tmp_path)


@pytest.fixture(scope="session")
def _prepared_toys() -> dict:
    return {}


@pytest.fixture
def prepared(toy, _prepared_toys, tmp_path_factory):
    """Brings the toy project to where a function brings it, which is called once and its outcome copied after that.

    `prepared(function)` gives what the function returned; `toy` is then as the function left it.
    """

    def bring(function):
        if function not in _prepared_toys:
            template = write_toy_project(tmp_path_factory.mktemp("toy"))
            _prepared_toys[function] = (template.root, function(template))
        root, returned = _prepared_toys[function]
        shutil.copytree(root, toy.root, dirs_exist_ok=True)
        return returned

    return bring


@pytest.fixture
def colours(toy):
    """A model that tells colours apart; every row has one."""
    toy.sql("update features.toy_view set colour = ['red', 'green', 'blue'][1 + id % 3]")
    manifest = toy.root / "dbt_project/target/manifest.json"
    manifest.write_text(manifest.read_text().replace('["is_big", "size"]', '["is_big", "size", "colour"]'))
    toy.edit("models/big.yml", "label: is_big\nproblem: binary", "label: colour\nproblem: multiclass")
    toy.edit("models/big.yml", "metrics: [roc_auc, log_loss]\nslices: [colour]", "metrics: [accuracy, log_loss]")
    toy.edit("models/big.yml", "roc_auc, min: 0.6", "accuracy, min: 0.1")
    return toy


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server with a database `rule`, one for all tests of a worker."""
    from postgres import running_server  # noqa: PLC0415  # brings a driver that few tests need

    with running_server() as server:
        server.create_database("rule")
        yield server


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """What commands get."""
    return command_environment()

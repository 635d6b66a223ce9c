"""Opening a project: where it is found, and what a wrong place, profile, target or clock gets."""

from datetime import UTC, datetime

import pytest

from asof import Project
from asof.clock import Clock, parse_instant
from asof.errors import ClockError, ProfileError, ProjectError


def test_is_found_from_a_folder_within(toy, monkeypatch):
    monkeypatch.chdir(toy.root / "models")
    project = Project.open()
    assert project.root == toy.root
    assert project.model_names == ["big", "size"]


def test_names_its_schemas_in_dbt_vars(toy):
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: toy\nvars: {asof_registry_schema: registry}")
    project = toy.open()
    assert (project.registry_schema, project.predictions_schema) == ("registry", "predictions")


def test_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError, match=r"no project in .* or above it: .*--project-dir"):
        Project.open()
    with pytest.raises(ProjectError, match=r"dbt_project.yml is not there"):
        Project.open(tmp_path)


def test_without_a_profile(toy):
    (toy.root / "dbt_project/dbt_project.yml").write_text("name: toy\n")
    with pytest.raises(ProjectError, match="does not name its profile; add for example profile: my_warehouse"):
        toy.open()


def test_an_unknown_profile(toy):
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: toyy")
    with pytest.raises(ProfileError, match=r"profiles.yml: no profile 'toyy' \(did you mean 'toy'\?\)"):
        toy.open()


def test_an_unknown_target(toy):
    with pytest.raises(ProfileError, match=r"profile 'toy' has no target 'prod' \(known: dev\)"):
        toy.open(target="prod")


def test_no_profiles_file(toy, monkeypatch, tmp_path):
    (toy.root / "profiles.yml").unlink()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with pytest.raises(ProfileError, match=r"no profiles.yml in .*home/.dbt; write one there"):
        toy.open()


def test_profiles_of_a_folder_that_the_environment_names_come_first(toy, monkeypatch, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "profiles.yml").write_text("toy:\n  outputs:\n    default: {type: duckdb, path: other.duckdb}\n")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(other))
    assert toy.open().target.settings["path"] == "other.duckdb"


def test_env_var_is_filled_in(toy, monkeypatch):
    toy.edit("profiles.yml", "path: toy.duckdb", "path: \"{{ env_var('TOY', 'toy') }}.duckdb\"")
    assert toy.open().target.settings["path"] == "toy.duckdb"
    monkeypatch.setenv("TOY", "mine")
    assert toy.open().target.settings["path"] == "mine.duckdb"


def test_env_var_that_is_not_set(toy):
    toy.edit("profiles.yml", "path: toy.duckdb", "path: \"{{ env_var('NOT_SET') }}\"")
    with pytest.raises(ProfileError, match="the environment variable NOT_SET is not set"):
        toy.open()


def test_a_template_cannot_reach_out(toy):
    toy.edit("profiles.yml", "path: toy.duckdb", "path: \"{{ env_var.__globals__['os'].getcwd() }}\"")
    with pytest.raises(ProfileError, match="cannot fill in"):
        toy.open()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{type: postgres, host: here}", "is of type postgres; training and inference run on duckdb so far"),
        ("{type: duckdb}", "is in memory; give it a path, such as path: my.duckdb"),
        ("{path: a.duckdb}", "does not say its type; add for example type: duckdb"),
    ],
)
def test_a_target_that_cannot_be_used(toy, settings, message):
    toy.edit("profiles.yml", "{type: duckdb, path: toy.duckdb}", settings)
    with pytest.raises(ProfileError, match=message), toy.open().warehouse():
        pass


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2013-11-01", datetime(2013, 11, 1, tzinfo=UTC)),
        ("2013-11-01T06:00", datetime(2013, 11, 1, 6, tzinfo=UTC)),
        ("2013-11-01T06:00:00-04:00", datetime(2013, 11, 1, 10, tzinfo=UTC)),
        ("2013-11-01 06:00:00Z", datetime(2013, 11, 1, 6, tzinfo=UTC)),
    ],
)
def test_an_instant_without_a_zone_is_utc(text, instant):
    assert parse_instant(text) == instant


def test_not_an_instant(toy):
    with pytest.raises(ClockError, match="'yesterday' is not an instant; write for example 2013-11-01T06:00:00Z"):
        Project.open(toy.root, now="yesterday")


def test_a_clock_that_stands_is_moved_on_by_what_took_time():
    clock = Clock(datetime(2013, 11, 1, tzinfo=UTC))
    assert clock.started(5) == clock.now() == datetime(2013, 11, 1, tzinfo=UTC)
    assert clock.ended(5) == datetime(2013, 11, 1, 0, 0, 5, tzinfo=UTC)

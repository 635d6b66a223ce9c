"""Opening a project: where it is found, and what a wrong place, profile, target or clock gets."""

from datetime import UTC, datetime

import pytest

from asof import Project
from asof.clock import Clock, parse_instant
from asof.errors import ClockError, NotBuiltError, ProfileError, ProjectError, SpecError, WarehouseError


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


SECRET = "hunter2"  # noqa: S105


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            f"path: \"x{{{{ env_var('NOT_SET') }}}}{SECRET}\"",
            "cannot fill in the Jinja of path: the environment variable NOT_SET",
        ),
        (f'path: "{{{{ nothing( {SECRET}"', "cannot fill in the Jinja of path: "),
        (f"password: '{SECRET}", r"not valid YAML: .*\(line \d"),
        (f"password: {SECRET}: {SECRET}", r"not valid YAML: .*\(line 4, column"),
    ],
)
def test_a_message_keeps_a_password_to_itself(toy, written, told):
    (toy.root / "profiles.yml").write_text(f"toy:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, {written}}}\n")
    with pytest.raises(ProfileError, match=told) as raised:
        toy.open()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("path", ["../elsewhere/toy.py", "training/../../toy.py", "/elsewhere/toy.py"])
def test_a_file_outside_of_the_project(toy, path):
    toy.edit("models/big.yml", "training/toy.py:classify", f"{path}:classify")
    with pytest.raises(SpecError, match=r"models/big.yml: estimator: .*(is outside of the project|expected a file)"):
        toy.open().model_spec("big")
    toy.edit("models/big.yml", f"{path}:classify", "training/toy.py:classify")
    toy.edit("models/big.yml", "window: 2 days", f"window: 2 days, policy: {path.replace('.py', '.sql')}")
    with pytest.raises(SpecError, match=r"models/big.yml: inference.policy: .* is outside of the project"):
        toy.open().model_spec("big")


def test_dbt_s_filters_of_env_var(toy, monkeypatch):
    monkeypatch.setenv("THREADS", "3")
    settings = "settings: {threads: \"{{ env_var('THREADS') | as_number }}\"}"
    toy.edit("profiles.yml", "path: toy.duckdb", f"path: toy.duckdb, {settings}")
    assert toy.open().target.settings["settings"] == {"threads": 3}


def test_a_filter_on_text_that_is_no_yaml(toy, monkeypatch):
    monkeypatch.setenv("THREADS", "a: b: c")
    toy.edit("profiles.yml", "path: toy.duckdb", "path: \"{{ env_var('THREADS') | as_native }}\"")
    with pytest.raises(ProfileError, match="what the Jinja of path gives is not valid YAML"):
        toy.open()


def test_profiles_of_the_project_s_own_root_by_another_name(toy, monkeypatch):
    monkeypatch.chdir(toy.root)
    monkeypatch.setenv("DBT_PROFILES_DIR", ".")
    assert toy.open().feature_view("toy_view").name == "toy_view"


def test_the_profile_and_the_target_as_dbt_chooses_them(toy, monkeypatch):
    monkeypatch.setenv("WHICH", "toy")
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: \"{{ env_var('WHICH') }}\"")
    toy.edit("profiles.yml", "  outputs:\n", "  outputs:\n    prod: {type: duckdb, path: prod.duckdb}\n")
    assert toy.open().target.name == "dev"
    monkeypatch.setenv("DBT_TARGET", "prod")
    assert toy.open().target.name == "prod"
    assert toy.open(target="dev").target.name == "dev"


def test_the_clock_and_the_target_path_of_dbt_project(toy):
    more = "profile: toy\ntarget-path: out\nvars: {asof_now: 2024-03-01}"
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", more.replace("out", "\"{{ env_var('NOT_SET', 'out') }}\""))
    (toy.root / "dbt_project/target").rename(toy.root / "dbt_project/out")
    project = Project.open(toy.root)
    assert project.clock.now() == datetime(2024, 3, 1, tzinfo=UTC)
    assert Project.open(toy.root, now="2024-04-01").clock.now() == datetime(2024, 4, 1, tzinfo=UTC)
    assert project.feature_view("toy_view").name == "toy_view"


def test_the_clock_of_the_environment(toy, monkeypatch):
    monkeypatch.setenv("ASOF_NOW", "2024-03-01T06:00:00+02:00")
    assert Project.open(toy.root).clock.now() == datetime(2024, 3, 1, 4, tzinfo=UTC)
    assert Project.open(toy.root, now="2024-04-01").clock.now() == datetime(2024, 4, 1, tzinfo=UTC)
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: toy\nvars: {asof_now: 2024-03-01T04:00:00Z}")
    assert Project.open(toy.root).clock.now() == datetime(2024, 3, 1, 4, tzinfo=UTC)
    monkeypatch.setenv("ASOF_NOW", "2024-03-02")
    with pytest.raises(ClockError, match="ASOF_NOW is 2024-03-02 00:00 UTC and the var asof_now in dbt_project.yml"):
        Project.open(toy.root)
    assert Project.open(toy.root, now="2024-04-01").clock.now() == datetime(2024, 4, 1, tzinfo=UTC)
    monkeypatch.setenv("ASOF_NOW", "soon")
    with pytest.raises(ClockError, match="'soon' is not an instant"):
        Project.open(toy.root)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("profiles.yml", "[toy]", r"profiles.yml: expected a mapping \(key: value\), got a list"),
        ("profiles.yml", "toy: dev", r"profile 'toy': expected a mapping .* got 'dev'"),
        ("profiles.yml", "toy: {outputs: [dev]}", r"outputs of 'toy': expected a mapping"),
        ("profiles.yml", "toy: {outputs: {default: duckdb}}", r"target 'default' of 'toy': expected a mapping"),
        (
            "profiles.yml",
            "toy: {outputs: {default: {type: duckdb, settings: [a]}}}",
            r"'toy': settings: expected a map",
        ),
        ("dbt_project/dbt_project.yml", "profile: [toy]", r"no profile '\['toy'\]'"),
        (
            "profiles.yml",
            "toy: {outputs: {on: {type: duckdb}}}",
            r"profile 'toy' has no target 'default' \(known: True\)",
        ),
        (
            "dbt_project/dbt_project.yml",
            "profile: toy\nvars: {asof_now: 2013-13-01}",
            "not valid YAML: month must be in",
        ),
        (
            "dbt_project/dbt_project.yml",
            "profile: toy\nvars: {asof_trusted_types: my.Type}",
            r"vars: asof_trusted_types: expected a list of names, got 'my.Type'; write \[my.Type\]",
        ),
        ("dbt_project/dbt_project.yml", "profile: toy\nvars: [a]", r"dbt_project.yml: vars: expected a mapping"),
    ],
)
def test_a_file_of_another_form(toy, file, content, message):
    (toy.root / file).write_text(content)
    with pytest.raises(ProjectError, match=message):
        toy.open()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "{type: duckdb, path: toy.duckdb, settings: {no_such: 1}}",
            "toy.duckdb cannot be opened: .*unrecognized configuration parameter",
        ),
        ("{type: duckdb, path: toy.duckdb, config_options: {no_such: 1}}", "toy.duckdb cannot be opened: .*no_such"),
    ],
)
def test_settings_that_duckdb_does_not_know(toy, settings, message):
    toy.edit("profiles.yml", "{type: duckdb, path: toy.duckdb}", settings)
    with pytest.raises(WarehouseError, match=message), toy.open().warehouse():
        pass


def test_a_relative_path_counts_from_the_project_and_nowhere_else(toy, monkeypatch, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (toy.root / "profiles.yml").rename(tmp_path / "elsewhere/profiles.yml")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path / "elsewhere"))
    with pytest.raises(ProfileError, match="has the relative path toy.duckdb, .* write the whole path"):
        toy.open().feature_view("toy_view")


@pytest.mark.parametrize("manifest", ["", '{"nodes": ', "{}", "[]"])
def test_a_manifest_that_is_not_whole(toy, manifest):
    (toy.root / "dbt_project/target/manifest.json").write_text(manifest)
    with pytest.raises(NotBuiltError, match=r"manifest.json is not whole, .*run: dbt parse --project-dir dbt_project"):
        toy.open().feature_view("toy_view")


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", ""])
def test_an_instant_out_of_reach(toy, text):
    with pytest.raises(ClockError, match=r"is not (between the years 1900 and 2199|an instant)"):
        Project.open(toy.root, now=text)


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


def test_the_profile_that_the_environment_names_as_dbt_takes_it(toy, monkeypatch):
    profiles = (toy.root / "profiles.yml").read_text()
    (toy.root / "profiles.yml").write_text(
        profiles + profiles.replace("toy:", "other:").replace("toy.duckdb", "o.duckdb")
    )
    monkeypatch.setenv("DBT_PROFILE", "other")
    assert toy.open().target.settings["path"] == "o.duckdb"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ("{toy: {asof_registry_schema: other}}", "vars: asof_registry_schema stands under toy, where the asof package does not"),
        ("{asof_registry_schema: \"{{ env_var('S') }}\"}", "vars: asof_registry_schema is Jinja .* write the value itself"),
    ],
)  # fmt: skip
def test_vars_that_dbt_and_asof_would_read_differently(toy, variables, message):
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", f"profile: toy\nvars: {variables}")
    with pytest.raises(ProjectError, match=message):
        toy.open()


def test_the_vars_file_of_dbt_1_12(toy):
    (toy.root / "dbt_project/vars.yml").write_text("vars: {asof_registry_schema: registry}\n")
    assert toy.open().registry_schema == "registry"


@pytest.mark.parametrize("text", ["20240602", "2024-W22-7", "2024-06-02T1000", "2024-06-02T10"])
def test_an_instant_that_dbt_would_refuse_is_refused_here_too(text):
    with pytest.raises(ClockError, match="is not an instant"):
        parse_instant(text)

"""The documentation holds everything that a user can name, and what it shows works."""

import json
import re
from pathlib import Path

import pytest
import yaml

from asof.cli import asof as group
from asof.leaks.lint.rules import RULES
from asof.model_spec.json_schema import SCHEMA_FILE

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def page(name):
    return (ROOT / "docs" / name).read_text()


def blocks(name, language):
    return re.findall(rf"```{language}\n(.*?)```", page(name), flags=re.DOTALL)


@pytest.mark.parametrize("command", group.commands.values(), ids=lambda command: command.name)
def test_every_command_and_option_is_documented(command):
    text = page("commands.md")
    assert f"`asof {command.name}" in text
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert f"`{parameter.opts[0]}" in text, f"{command.name} {parameter.opts[0]}"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_every_rule_of_the_linter_is_documented(rule):
    text = page("leaks.md")
    heading = f"#### `{rule.name}` ({rule.severity})\n\n```"
    assert heading in text, "each begins with an example"
    assert "*Mend it*" in text.split(heading)[1].split("####")[0]


def spec_keys():
    schema = json.loads(SCHEMA_FILE.read_text())
    keys = set(schema["properties"])
    for part in schema["$defs"].values():
        keys |= set(part["properties"])
    return sorted(keys)


@pytest.mark.parametrize("key", spec_keys())
def test_every_spec_key_is_documented(key):
    assert re.search(rf"`([a-z_]+\.)?{key}[.:`]", page("model_spec.md")), key


def test_the_spec_in_the_docs_is_the_reference_system_s():
    (shown,) = blocks("model_spec.md", "yaml")
    assert yaml.safe_load(shown) == yaml.safe_load((ROOT / "models/flight_delay.yml").read_text())


def test_every_macro_and_test_of_the_package_is_documented():
    text = page("time.md")
    sources = [path.read_text() for path in (ROOT / "src/asof/dbt_package").rglob("*.sql")]
    macros = {name for sql in sources for name in re.findall(r"{% macro (\w+)\(", sql)}
    public = {name for name in macros if not name.startswith(("_", "default__", "duckdb__"))}
    assert public == {
        *("feature_view", "features", "visible", "now", "new_since", "predict", "experiment"),
        *("newest_rows", "periodic_spine", "trailing", "horizon_label"),
    }
    for name in public:
        assert f"`asof.{name}(" in text
    for name in {name for sql in sources for name in re.findall(r"{% test (\w+)\(", sql)}:
        assert f"test `asof.{name}`" in text


def test_every_table_of_the_registry_is_documented():
    sql = (ROOT / "src/asof/registry/tables.sql").read_text()
    tables = re.findall(r"create (?:table if not exists|or replace view) (\w+)", sql)
    tables += [
        "view_builds",
        "model_reads",
        "model_builds",
        "compiled_models",
        "test_results",
        "project_tests",
    ]  # which the dbt package makes
    assert len(tables) == 21
    for table in tables:
        assert f"`ml.{table}`" in page("tables.md")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_and_paths_lead_somewhere(path):
    text = path.read_text()
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (path.parent / link).exists(), link
    for named in re.findall(
        r"`((?:src|tests|docs|benchmarks|models|training|inference|ingestion|requirements)/[^`:*]*)`(?!\*\*)", text
    ):  # a path in bold heads a file that the page itself writes
        assert (ROOT / named).exists(), named


def test_the_sql_in_the_docs_runs(daily_flights):
    queries = blocks("tables.md", "sql")
    assert len(queries) == 5
    risky, by_day, tested, worth, champion = (daily_flights.sql(query) for query in queries)
    assert 400 < len(risky) < 1100
    assert risky[0][2] == max(score for _, _, score, _ in risky)
    assert {version for version, *_ in tested} == {1}
    assert [metric for _, _, metric, *_ in tested][:2] == ["average_precision", "brier_score"]
    columns = daily_flights.sql(
        "select column_name from information_schema.columns where table_name = 'flight_delay_features'"
    )
    not_learned = {"flight_id", "predicted_at", "aircraft_id", "flight_number", "scheduled_departure_at"}
    not_learned |= {"is_late", "arrival_delay_minutes", "label_known_at"}
    assert {feature for feature, *_ in worth} == {name for (name,) in columns} - not_learned
    assert {metric for _, metric, _ in worth} == {"roc_auc"}
    assert [day.isoformat()[:10] for day, *_ in by_day] == ["2013-11-02", "2013-11-03"]
    assert [(version, reason) for version, _, _, reason in champion] == [(1, "first")]


def test_the_python_in_the_docs_runs(promoted_flights, tmp_path, monkeypatch):
    (source,) = blocks("commands.md", "python")
    project = promoted_flights.copy(tmp_path / "project")
    monkeypatch.chdir(project.root)
    names = {}
    exec(source.replace("2013-11-01", "2013-11-02T20:00"), names)  # noqa: S102
    assert names["result"].version == 2
    assert names["result"].status == "registered"
    del names
    assert project.sql("select version, count(*) from predictions.flight_delay group by all")[0][0] == 2


def test_every_column_of_the_reference_system_is_described(daily_flights):
    """What dbt documents is what the warehouse holds: each table and column has its sentence, and no other is described."""
    manifest = json.loads((daily_flights.root / "dbt_project/target/manifest.json").read_text())
    described = {**manifest["nodes"], **manifest["sources"]}
    kinds = {"model", "snapshot", "seed", "source"}
    nodes = [
        node for node in described.values() if node["resource_type"] in kinds and node["package_name"] == "flights"
    ]
    assert len(nodes) > 25
    for node in nodes:
        table = node.get("alias") or node["identifier"]
        assert node["description"].strip(), node["name"]
        found = daily_flights.sql(
            f"select column_name from information_schema.columns where table_schema = '{node['schema']}' "
            f"and table_name = '{table}'"
        )
        assert sorted(node["columns"]) == sorted(name for (name,) in found), node["name"]
        for column in node["columns"].values():
            assert column["description"].strip(), f"{node['name']}.{column['name']}"

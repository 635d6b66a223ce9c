"""docs/predicting.md on the slice of the flights: its commands, its policy, its dbt models and its experiment as they stand."""

import re
from pathlib import Path

import pytest
from flights_slice import START

from asof.errors import AsofError

PAGE = Path(__file__).parents[2] / "docs/predicting.md"


def files(language):
    return dict(re.findall(rf"\*\*`([^`]+)`\*\*\n\n```{language}\n(.*?)```", PAGE.read_text(), flags=re.DOTALL))


@pytest.fixture(scope="module")
def typed(promoted_flights, tmp_path_factory):
    """A copy with the page's files and its experiment, and what its commands said."""
    project = promoted_flights.copy(tmp_path_factory.mktemp("predicting") / "project")
    for name, content in {**files("python"), **files("sql")}.items():
        path = project.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    spec = project.root / "models/flight_delay.yml"
    (experiment,) = re.findall(r"```yaml\n(experiment:.*?)```", PAGE.read_text(), flags=re.DOTALL)
    text = spec.read_text().replace("inference/flight_delay.sql", "inference/flight_delay.py:decide, reasons: 3")
    spec.write_text(text.replace("reasons: 3", "reasons: 3, parquet: exported, threshold: 0.3") + experiment)
    project.run("asof", "promote", "flight_delay", "1", "--alias", "challenger", "--now", START.isoformat())
    (commands,) = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    now = START.isoformat()
    said = [project.run(*line.replace("2013-11-02", now).split()) for line in commands.splitlines()]
    project.build(START)
    return project, said


def test_the_commands(typed):
    project, (first, again, backfill, compiled) = typed
    count = re.search(r"([\d,]+) rows scored", first)[1]
    assert f"{count} rows scored" in again
    assert "were scored before" in backfill
    assert compiled.startswith("-- flight_delay version 1")
    assert project.sql("select count(*) > 0 from ml.prediction_runs where backfill") == [(True,)]


def test_the_policy_and_the_reasons(typed):
    project, _ = typed
    warned = project.sql(
        "select run_id, count(*), min(score) from predictions.flight_delay where decision = 'warn' group by 1"
    )
    assert warned
    assert all(count <= 10 and least >= 0.3 for _, count, least in warned)
    assert project.sql("select distinct json_array_length(reasons) from predictions.flight_delay") == [(3,)]


def test_the_files(typed):
    project, _ = typed
    found = project.sql(
        f"select count(*) from read_parquet('{project.root}/exported/dev/flight_delay/day=*/predictions.parquet')"
    )
    assert found == project.sql("select count(*) from predictions.flight_delay")


def test_the_dbt_models(typed):
    project, _ = typed
    apart = """
        select count(*), count(*) filter (mine.score <> theirs.score)
        from features.flight_delay_scores as mine inner join predictions.flight_delay as theirs using (flight_id, as_of)
    """
    rows, differ = project.sql(apart)[0]
    assert (rows > 500, differ) == (True, 0)
    arms = project.sql("select alias, expected_share, verdict from features.flight_delay_experiment order by alias")
    assert arms == [("challenger", 0.3, "open"), ("champion", 0.7, None)]


def test_every_cause_in_the_table_is_one(typed):
    """And every column of the runs that the page names is there."""
    project, _ = typed
    causes = set(re.findall(r"\| `failed`, `(\w+)` \|", PAGE.read_text()))
    known = {cls.cause for cls in _all_errors(AsofError)} | {"interrupted", "unexpected"}
    assert causes <= known
    columns = {name for name, *_ in project.sql("describe ml.prediction_runs")}
    assert {"cause", "error", "changed_rows"} <= columns


def _all_errors(cls):
    return [cls, *(each for child in cls.__subclasses__() for each in _all_errors(child))]

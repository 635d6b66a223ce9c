"""docs/training.md on the slice of the flights: its estimator, its commands and its Python as they stand there."""

import re
from pathlib import Path

import pytest
from flights_slice import START

from asof import estimators
from asof.training.judge import resampling

PAGE = Path(__file__).parents[2] / "docs/training.md"
NOW = START.isoformat()


@pytest.fixture(scope="module")
def typed(promoted_flights, tmp_path_factory):
    """A copy with the page's estimator in it, and what its commands said."""
    project = promoted_flights.copy(tmp_path_factory.mktemp("training") / "project")
    text = PAGE.read_text()
    ((name, content),) = re.findall(r"\*\*`([^`]+)`\*\*\n\n```python\n(.*?)```", text, flags=re.DOTALL)
    (project.root / name).write_text(content)
    (commands,) = re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL)
    said = [project.run(*command.replace("2013-11-01", NOW).split()) for command in commands.splitlines()]
    return project, said


def test_the_search_goes_on(typed):
    project, said = typed
    assert ["2 trials on 2 folds" in said[0], "3 trials on 2 folds" in said[1]] == [True, True]
    assert project.sql("select count(distinct run_id), count(*) from ml.trials") == [(1, 3)]


def test_the_python(typed, monkeypatch):
    project, _ = typed
    monkeypatch.chdir(project.root)
    _, by_hand, functions = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert len([line for line in by_hand.splitlines() if line and "import" not in line]) <= 10
    names = {}
    exec(by_hand.replace("2013-11-01", NOW), names)  # noqa: S102
    del names["view"]  # which holds the warehouse open
    ((status, auc, rows),) = project.sql(
        "select status, value, row_count from ml.training_runs inner join ml.metrics using (run_id) "
        "where model = 'tried_by_hand'"
    )
    assert (status, 0.55 < auc < 0.9) == ("logged", True)
    assert (
        rows
        == project.sql(
            "select count(*) from features.flight_delay_features where predicted_at >= timestamptz '2013-10-25' "
            f"and is_late is not null and label_known_at <= timestamptz '{NOW}'"
        )[0][0]
    )
    exec(functions, names)  # noqa: S102
    result = names["result"]
    assert (result.version, len(result.gates_table)) == (2, 5)  # on so few days the champion may be better
    assert result.metric("roc_auc") > 0.65
    trees = project.sql("select count(*) from ml.model_versions where model = 'flight_delay'")
    assert trees == [(2,)]
    assert (project.root / "reports/flight_delay_v2.html").exists()
    assert names["project"].model_spec("flight_delay").label == "is_late"


def test_the_helpers_and_numbers_that_it_names():
    text = PAGE.read_text()
    for name in ("tree_pipeline", "linear_pipeline"):
        assert f"`asof.estimators.{name}(" in text
        assert getattr(estimators, name).__doc__
    assert f"on {resampling.RESAMPLES} resamples" in text
    assert f"At most {resampling._MAX_ROWS:,} rows take part" in text

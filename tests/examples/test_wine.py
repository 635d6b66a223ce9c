"""Three classes, from raw rows to predictions: scikit-learn's wines in a warehouse of their own, by the commands a user types.

All that is written for it is SQL, YAML and a `build` of one line (tests/examples/wine). The figures are those of the same
regression worked out here on the same rows.
"""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from commands import run_command
from package import install_package
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pytestmark = pytest.mark.slow

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
# A bottle every 12 hours; the last grower is told a day after the last bottle.
NOW = FIRST + timedelta(hours=12) * 179 + timedelta(days=1)
GROWERS = np.array(["Aldo", "Bruna", "Carlo"])


def wines():
    """The bottles in the order in which they are opened: measurements, shape (178, 13), and growers."""
    found = load_wine()
    order = np.random.default_rng(7).permutation(len(found.target))
    return found.data[order], GROWERS[found.target[order]], [name.replace("/", "_") for name in found.feature_names]


@pytest.fixture(scope="module")
def project(tmp_path_factory, environment):
    """The wines after train, promote and predict; what each command said as JSON, by its name."""
    root = tmp_path_factory.mktemp("wine") / "project"
    shutil.copytree(Path(__file__).with_name("wine"), root)
    install_package(root / "dbt_project")
    data, growers, names = wines()
    with duckdb.connect(str(root / "wine.duckdb")) as warehouse:
        warehouse.execute("create schema raw")
        columns = ", ".join(f"{name} double" for name in names)
        warehouse.execute(
            f"create table raw.wines (bottle_id integer, opened_at timestamptz, grower varchar, {columns})"
        )
        warehouse.executemany(
            f"insert into raw.wines values ({', '.join('?' * 16)})",
            [
                [i, FIRST + timedelta(hours=12) * i, str(grower), *map(float, row)]
                for i, (row, grower) in enumerate(zip(data, growers, strict=True))
            ],
        )
    said = {}
    for command in (
        ["dbt", "--quiet", "build", "--project-dir", "dbt_project"],
        ["asof", "train", "grower", "--json"],
        ["asof", "promote", "grower", "--json"],
        ["asof", "predict", "grower", "--json"],
        ["asof", "report", "grower", "--json"],
    ):
        done = run_command(*command, cwd=root, env={**environment, "ASOF_NOW": NOW.isoformat()})
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        said[command[1]] = json.loads(done.stdout) if command[-1] == "--json" else None
    return root, said


@pytest.fixture(scope="module")
def expected():
    """Probabilities of every bottle by a regression on those that were told before validation began, and where test begins.

    Test is the 40 days before NOW, validation the 20 before; a bottle of validation is told in time unless it is one of the
    last day before test.
    """
    data, growers, _ = wines()
    opened = np.array([i * 12 for i in range(len(growers))])
    now = (NOW - FIRST) / timedelta(hours=1)
    validation, test = now - 60 * 24, now - 40 * 24
    fitted = opened + 24 <= validation
    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(data[fitted], growers[fitted])
    return regression.predict_proba(data), growers, opened >= test, int(fitted.sum())


def test_the_figures_are_those_of_the_regression(project, expected):
    _, said = project
    probabilities, growers, tested, fitted = expected
    trained = said["train"]
    assert (trained["status"], trained["train_rows"], trained["test_rows"]) == ("registered", fitted, int(tested.sum()))
    found = {m["metric"]: m["value"] for m in trained["measurements"] if m["split"] == "test"}
    labels, scores = growers[tested], probabilities[tested]
    assert found["log_loss"] == pytest.approx(log_loss(labels, scores, labels=GROWERS), rel=1e-6)
    assert found["accuracy"] == accuracy_score(labels, GROWERS[scores.argmax(axis=1)])
    assert found["roc_auc_ovr"] == pytest.approx(roc_auc_score(labels, scores, multi_class="ovr"), rel=1e-9)
    assert [gate["passed"] for gate in trained["gates"]] == [True, True]


def test_predictions_have_a_score_per_class_and_the_likeliest_class(project, expected):
    root, said = project
    probabilities, _, _, _ = expected
    with duckdb.connect(str(root / "wine.duckdb")) as warehouse:
        rows = warehouse.execute(
            'select bottle_id, "score_Aldo", "score_Bruna", "score_Carlo", prediction from predictions.grower order by 1'
        ).fetchall()
    # the window is ten days, exclusive at its begin; the last bottle was opened two days before now
    assert [bottle for bottle, *_ in rows] == list(range(178 - 16, 178))
    assert said["predict"]["scored_rows"] == 16
    for bottle, *scores, prediction in rows:
        assert scores == pytest.approx(probabilities[bottle].tolist(), rel=1e-6)
        assert prediction == GROWERS[probabilities[bottle].argmax()]


def test_the_report_has_the_confusion_of_the_classes(project, expected):
    root, said = project
    probabilities, growers, tested, _ = expected
    with duckdb.connect(str(root / "wine.duckdb")) as warehouse:
        counts = warehouse.execute(
            "select series, x::integer, y::integer from ml.curves where curve = 'confusion' and y > 0 order by all"
        ).fetchall()
    pairs = list(zip(growers[tested], GROWERS[probabilities[tested].argmax(axis=1)], strict=True))
    assert counts == sorted(
        (str(actual), list(GROWERS).index(predicted), pairs.count((actual, predicted)))
        for actual, predicted in set(pairs)
    )
    html = Path(said["report"]["files"][0]).read_text()
    assert "Confusion on the test split" in html
    assert html.startswith("<!doctype html>")
    assert (root / "reports/grower_v1.md").read_text().startswith("# grower version 1\n")

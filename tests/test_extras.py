"""What asof does without an extra, and what it says where one is missing."""

import subprocess
import sys

import pytest

from asof import promote, train
from asof.cli import main
from asof.errors import ArtifactError, EstimatorError
from asof.inference.batch.predict import predict

TREES = """
def classify(schema):
    from xgboost import XGBClassifier

    from asof.estimators import tree_pipeline

    return tree_pipeline(schema, XGBClassifier(n_estimators=3))
"""


@pytest.fixture
def without_xgboost(monkeypatch):
    monkeypatch.setitem(sys.modules, "xgboost", None)  # as Python has it where a package is not installed


@pytest.mark.usefixtures("without_xgboost")
def test_models_of_scikit_learn_need_no_xgboost(toy):
    assert train("big", toy.open()).status == "registered"
    promote("big", project=toy.open())
    assert predict("big", toy.open()).scored_rows == 3


@pytest.mark.usefixtures("without_xgboost")
def test_an_estimator_that_needs_it_is_told_the_extra(toy):
    with (toy.root / "training/toy.py").open("a") as file:
        file.write(TREES)
    with pytest.raises(EstimatorError, match=r"xgboost.*; run: pip install 'asof\[xgboost\]'"):
        train("big", toy.open())


def test_a_version_that_needs_it_is_told_the_extra(toy, monkeypatch):
    with (toy.root / "training/toy.py").open("a") as file:
        file.write(TREES)
    train("big", toy.open())
    promote("big", project=toy.open())
    for name in [name for name in sys.modules if name.split(".")[0] == "xgboost"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ArtifactError, match=r"; run: pip install 'asof\[xgboost\]'"):
        predict("big", toy.open())


@pytest.mark.parametrize(
    ("package", "module", "command", "extra"),
    [
        ("optuna", "asof.training.tuning", ["tune", "big"], "asof[tune]"),
        ("matplotlib", "asof.report", ["report", "big"], "asof[report]"),
    ],
)
def test_a_command_that_needs_an_extra_names_it(toy, monkeypatch, capsys, package, module, command, extra):
    train("big", toy.open())
    for name in [name for name in sys.modules if name.startswith(module)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(sys, "argv", ["asof", *command, "--project-dir", str(toy.root), "--now", "2024-04-10"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    words = capsys.readouterr().err
    assert words.startswith("Error: ")
    assert f"; run: pip install '{extra}'" in words
    assert "Traceback" not in words


def test_what_a_command_imports():
    """Loading is half of a short command: what only some models or commands need is imported when they need it."""
    heavy = ("dbt", "matplotlib", "optuna", "skops", "xgboost")
    for module in ("asof.training.train", "asof.inference.batch.predict"):
        program = f"import sys, {module}\nprint([name for name in {heavy} if name in sys.modules], len(sys.modules))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        loaded, count = done.stdout.rsplit(" ", maxsplit=1)
        assert loaded == "[]"
        assert int(count) < 2100, f"{module} imports {count} modules"

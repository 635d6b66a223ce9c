"""What is told of a mistake in the user's estimator file: the file, the line and what it raised."""

import pytest

from asof.errors import EstimatorError
from asof.features.signature import FeatureSchema
from asof.training.fit.estimator import build_estimator
from asof.user_code import told_as

SCHEMA = FeatureSchema(())


def build(tmp_path, content, function="build", problem="regression"):
    (tmp_path / "mine.py").write_text(content)
    return build_estimator(tmp_path, f"mine.py:{function}", SCHEMA, problem)


def test_no_file(tmp_path):
    with pytest.raises(EstimatorError, match=r"estimator mine.py:build: there is no file .*mine.py"):
        build_estimator(tmp_path, "mine.py:build", SCHEMA, "binary")


def test_no_build(tmp_path):
    with pytest.raises(EstimatorError, match=r"has no function 'build' \(did you mean 'built'\?\); write: def build"):
        build(tmp_path, "def built(schema):\n    pass\n")


def test_not_python(tmp_path):
    with pytest.raises(EstimatorError, match="estimator mine.py:build failed: SyntaxError"):
        build(tmp_path, "def build(schema:\n")


def test_a_failing_build_is_told_with_its_line(tmp_path):
    with pytest.raises(EstimatorError, match=r"failed \(line 3\): ZeroDivisionError: division by zero"):
        build(tmp_path, "def build(schema):\n    x = 1\n    return x / 0\n")


def test_what_is_no_estimator(tmp_path):
    with pytest.raises(EstimatorError, match=r"build\(schema\) returned dict, expected a scikit-learn estimator"):
        build(tmp_path, "def build(schema):\n    return {}\n")


def test_a_binary_problem_needs_probabilities(tmp_path):
    source = "from sklearn.svm import LinearSVC\n\ndef build(schema):\n    return LinearSVC()\n"
    assert build(tmp_path, source) is not None
    with pytest.raises(
        EstimatorError, match=r"returned LinearSVC, which has no predict_proba; .* CalibratedClassifierCV"
    ):
        build(tmp_path, source, problem="binary")


def test_a_failing_fit(tmp_path):
    source = "class E:\n    def fit(self, X, y):\n        raise ValueError('no')\n    predict = None\n"
    estimator = build(tmp_path, source + "\ndef build(schema):\n    return E()\n")
    with (
        pytest.raises(EstimatorError, match=r"failed \(line 3\): ValueError: no"),
        told_as("estimator mine.py:build", tmp_path / "mine.py", EstimatorError),
    ):
        estimator.fit(None, None)

"""`make test-fast`: which tests a change brings."""

from fast import ROOT, affected_tests


def names(*files: str) -> set[str]:
    return {path.relative_to(ROOT / "tests").as_posix() for path in affected_tests(ROOT / file for file in files)}


def test_a_module_brings_the_tests_that_import_it_and_those_of_the_modules_that_do():
    found = names("src/asof/training/judge/gates.py")
    assert {"training/judge/test_gates.py", "training/test_train.py"} <= found
    assert "spec/test_durations.py" not in found


def test_a_helper_brings_the_tests_that_import_it():
    assert names("tests/scoring/pipelines.py") >= {"scoring/test_parity.py", "scoring/test_scorer.py"}
    assert "experiment/test_experiment.py" in names("tests/experiment/conftest.py")


def test_what_nothing_imports_brings_nothing():
    assert names("docs/time.md", "README.md") == set()

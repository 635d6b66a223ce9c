"""The public Python interface: what `asof.<name>` is, pinned, so that a change of it is a decision."""

import pytest

import asof
from asof.errors import ProjectError


def test_the_names():
    assert asof.__all__ == [
        "AliasChange",
        "AsofError",
        "CompiledModel",
        "FeatureSchema",
        "FeatureView",
        "Finding",
        "IncrementalReplay",
        "LintResult",
        "LoggedRun",
        "ModelCheck",
        "ModelSpec",
        "ModelVersion",
        "PlanResult",
        "PredictionReplay",
        "PredictionResult",
        "Project",
        "Renaming",
        "ReplayResult",
        "Report",
        "Reproduction",
        "TrainingResult",
        "TuningResult",
        "VersionComparison",
        "VersionOverview",
        "check",
        "compare",
        "compile_model",
        "lint",
        "load_model",
        "log_run",
        "make_plan",
        "make_report",
        "new_key",
        "predict",
        "promote",
        "rename",
        "replay",
        "replay_incremental",
        "replay_predictions",
        "reproduce",
        "rollback",
        "sign_versions",
        "status",
        "train",
        "tune",
    ]
    for name in asof.__all__:
        found = getattr(asof, name)
        assert found.__name__ == name
        assert found.__doc__, f"{name} says nothing of itself"


def test_another_name():
    with pytest.raises(AttributeError, match="module 'asof' has no attribute 'fit'"):
        asof.fit  # noqa: B018


@pytest.mark.parametrize(
    ("call", "right"),
    [
        (lambda project: asof.promote(project, "big", 1), r"promote\(model, version, project\)"),
        (lambda project: asof.rollback(project, "big"), r"rollback\(model, project\)"),
        (
            lambda project: asof.log_run(project, "big", None, "size").__enter__(),
            r"log_run\(model, view, label, project\)",
        ),
        (asof.check, r"check\(models, project\)"),
        (asof.lint, r"lint\(views, project\)"),
        (lambda project: asof.replay(project, "big"), r"replay\(name, project\)"),
    ],
)
def test_the_project_comes_last(toy, call, right):
    with pytest.raises(ProjectError, match=f"the project comes last now: asof.{right}"):
        call(toy.open())


def test_what_a_command_says_is_there_in_python(toy):
    """`asof status` and `asof keys new` as functions; the others have tests of their own."""
    asof.train("size", toy.open())
    ((version,), key) = asof.status(toy.open()), asof.new_key()
    assert isinstance(version, asof.VersionOverview)
    assert (version.model, version.version, len(bytes.fromhex(key))) == ("size", 1, 32)

"""The public Python interface: what `asof.<name>` is, pinned, so that a change of it is a decision."""

import pytest

import asof


def test_the_names():
    assert asof.__all__ == [
        "AsofError",
        "CompiledModel",
        "FeatureSchema",
        "FeatureView",
        "LoggedRun",
        "ModelCheck",
        "ModelSpec",
        "ModelVersion",
        "PredictionResult",
        "Project",
        "Report",
        "Reproduction",
        "TrainingResult",
        "TuningResult",
        "VersionComparison",
        "check",
        "compare",
        "compile_model",
        "load_model",
        "log_run",
        "make_report",
        "predict",
        "promote",
        "reproduce",
        "rollback",
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

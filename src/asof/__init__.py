"""asof: machine learning in the warehouse, correct as of a moment. The public Python interface.

Names are loaded when they are first used, so that `import asof` and `asof --help` stay fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asof.errors import AsofError
    from asof.features.signature import FeatureSchema
    from asof.features.view import FeatureView
    from asof.inference.batch.predict import PredictionResult, predict
    from asof.inference.compile import CompiledModel, compile_model
    from asof.model_spec.spec import ModelSpec
    from asof.project import Project
    from asof.registry.aliases import promote, rollback
    from asof.registry.model_version import ModelVersion, load_model
    from asof.report.write import Report, make_report
    from asof.training.check import ModelCheck, check
    from asof.training.compare import VersionComparison, compare
    from asof.training.log_run import LoggedRun, log_run
    from asof.training.reproduce import Reproduction, reproduce
    from asof.training.result import TrainingResult
    from asof.training.train import train
    from asof.training.tuning.tune import TuningResult, tune

__version__ = "0.1.0"

__all__ = [
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

_HOMES = {
    "AsofError": "asof.errors",
    "CompiledModel": "asof.inference.compile",
    "FeatureSchema": "asof.features.signature",
    "FeatureView": "asof.features.view",
    "ModelSpec": "asof.model_spec.spec",
    "PredictionResult": "asof.inference.batch.predict",
    "Project": "asof.project",
    "LoggedRun": "asof.training.log_run",
    "Report": "asof.report.write",
    "Reproduction": "asof.training.reproduce",
    "TrainingResult": "asof.training.result",
    "TuningResult": "asof.training.tuning.tune",
    "VersionComparison": "asof.training.compare",
    "ModelCheck": "asof.training.check",
    "ModelVersion": "asof.registry.model_version",
    "check": "asof.training.check",
    "load_model": "asof.registry.model_version",
    "compare": "asof.training.compare",
    "compile_model": "asof.inference.compile",
    "log_run": "asof.training.log_run",
    "make_report": "asof.report.write",
    "predict": "asof.inference.batch.predict",
    "promote": "asof.registry.aliases",
    "reproduce": "asof.training.reproduce",
    "rollback": "asof.registry.aliases",
    "train": "asof.training.train",
    "tune": "asof.training.tuning.tune",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'asof' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

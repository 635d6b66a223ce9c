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
    from asof.leaks.lint.project import LintResult, lint
    from asof.leaks.lint.rules import Finding
    from asof.leaks.replay.incremental import IncrementalReplay, replay_incremental
    from asof.leaks.replay.predictions import PredictionReplay, replay_predictions
    from asof.leaks.replay.replay import ReplayResult, replay
    from asof.model_spec.spec import ModelSpec
    from asof.plan.plan import PlanResult, make_plan
    from asof.project import Project
    from asof.registry.model_version import ModelVersion, load_model
    from asof.registry.moving import AliasChange, promote, rollback
    from asof.registry.renaming import Renaming, rename
    from asof.registry.signing import new_key, sign_versions
    from asof.registry.status import VersionOverview, status
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

_HOMES = {
    "AliasChange": "asof.registry.moving",
    "AsofError": "asof.errors",
    "CompiledModel": "asof.inference.compile",
    "FeatureSchema": "asof.features.signature",
    "FeatureView": "asof.features.view",
    "Finding": "asof.leaks.lint.rules",
    "IncrementalReplay": "asof.leaks.replay.incremental",
    "LintResult": "asof.leaks.lint.project",
    "LoggedRun": "asof.training.log_run",
    "ModelCheck": "asof.training.check",
    "ModelSpec": "asof.model_spec.spec",
    "ModelVersion": "asof.registry.model_version",
    "PlanResult": "asof.plan.plan",
    "PredictionReplay": "asof.leaks.replay.predictions",
    "PredictionResult": "asof.inference.batch.predict",
    "Project": "asof.project",
    "Renaming": "asof.registry.renaming",
    "ReplayResult": "asof.leaks.replay.replay",
    "Report": "asof.report.write",
    "Reproduction": "asof.training.reproduce",
    "TrainingResult": "asof.training.result",
    "TuningResult": "asof.training.tuning.tune",
    "VersionComparison": "asof.training.compare",
    "VersionOverview": "asof.registry.status",
    "check": "asof.training.check",
    "compare": "asof.training.compare",
    "compile_model": "asof.inference.compile",
    "lint": "asof.leaks.lint.project",
    "load_model": "asof.registry.model_version",
    "log_run": "asof.training.log_run",
    "make_plan": "asof.plan.plan",
    "make_report": "asof.report.write",
    "new_key": "asof.registry.signing",
    "predict": "asof.inference.batch.predict",
    "promote": "asof.registry.moving",
    "rename": "asof.registry.renaming",
    "replay": "asof.leaks.replay.replay",
    "replay_incremental": "asof.leaks.replay.incremental",
    "replay_predictions": "asof.leaks.replay.predictions",
    "reproduce": "asof.training.reproduce",
    "rollback": "asof.registry.moving",
    "sign_versions": "asof.registry.signing",
    "status": "asof.registry.status",
    "train": "asof.training.train",
    "tune": "asof.training.tuning.tune",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'asof' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""A model spec for tests of what is pure: as short as it can be, with what a test is about changed in it."""

from datetime import timedelta

from asof.model_spec.spec import ModelSpec


def small_spec(**changes) -> ModelSpec:
    day = timedelta(days=1)
    known = {
        "name": "m",
        "description": "d",
        "feature_view": "v",
        "label": "l",
        "problem": "binary",
        "estimator": "training/m.py:build",
        "split": {"validation": day, "test": day},
        "metrics": ["roc_auc", "log_loss"],
        "inference": {"window": day},
    }
    return ModelSpec(**{**known, **changes})

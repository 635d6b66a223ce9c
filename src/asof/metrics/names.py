"""The metrics that a spec may name, by kind of problem; `training/judge/metrics.py` computes them."""

from typing import Literal

Problem = Literal["binary", "multiclass", "regression"]

# name -> whether greater is better; None for a rate that is neither good nor bad, and is compared between groups
METRICS: dict[Problem, dict[str, bool | None]] = {
    "binary": {
        "roc_auc": True,
        "average_precision": True,
        "log_loss": False,
        "brier_score": False,
        "calibration_error": False,
        "accuracy": True,
        "balanced_accuracy": True,
        "selection_rate": None,
        "true_positive_rate": None,
        "false_positive_rate": None,
    },
    "multiclass": {
        "accuracy": True,
        "balanced_accuracy": True,
        "f1_macro": True,
        "roc_auc_ovr": True,
        "log_loss": False,
        "brier_score": False,
        "calibration_error": False,
    },
    "regression": {
        "mean_absolute_error": False,
        "root_mean_squared_error": False,
        "median_absolute_error": False,
        "r2": True,
        "mean_error": None,
    },
}

# Those that are a mean over rows, which the readout of an experiment can compute in SQL; lower is better in each.
LOSSES: dict[Problem, tuple[str, ...]] = {
    "binary": ("log_loss", "brier_score"),
    "multiclass": ("log_loss",),
    "regression": ("mean_absolute_error", "mean_squared_error"),
}

# What is measured besides for each group of a protected column.
FAIRNESS: dict[Problem, tuple[str, ...]] = {
    "binary": ("selection_rate", "true_positive_rate", "false_positive_rate"),
    "multiclass": ("accuracy",),
    "regression": ("mean_error",),
}

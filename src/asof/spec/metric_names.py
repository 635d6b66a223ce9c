"""The metrics that a spec may name, by kind of problem; `training/judge/metrics.py` computes them."""

from typing import Literal

Problem = Literal["binary", "regression"]

# name -> whether greater is better
METRICS: dict[Problem, dict[str, bool]] = {
    "binary": {
        "roc_auc": True,
        "average_precision": True,
        "log_loss": False,
        "brier_score": False,
        "calibration_error": False,
    },
    "regression": {
        "mean_absolute_error": False,
        "root_mean_squared_error": False,
        "median_absolute_error": False,
        "r2": True,
    },
}

"""Every metric that a spec may name, by kind of problem."""

from asof.metrics.metric import Metric, Problem

_LOG_LOSS = "-ln(greatest({likelihood}, 1e-15::double))"
_SQUARE = "pow({score} - {label}, 2)"

_BINARY = (
    Metric("roc_auc", "binary", greater_is_better=True, needs="both classes"),
    Metric("average_precision", "binary", greater_is_better=True, needs="both classes"),
    Metric("log_loss", "binary", greater_is_better=False, loss_sql=_LOG_LOSS),
    Metric("brier_score", "binary", greater_is_better=False, loss_sql=_SQUARE),
    Metric("calibration_error", "binary", greater_is_better=False),
    Metric("accuracy", "binary", greater_is_better=True, of_decisions=True),
    Metric("balanced_accuracy", "binary", greater_is_better=True, of_decisions=True),
    # rates are compared between groups: neither more nor less of them is better
    Metric("selection_rate", "binary", greater_is_better=None, of_decisions=True, by_group=True),
    Metric("true_positive_rate", "binary", None, "a positive row", of_decisions=True, by_group=True),
    Metric("false_positive_rate", "binary", None, "a negative row", of_decisions=True, by_group=True),
)

_MULTICLASS = (
    Metric("accuracy", "multiclass", greater_is_better=True, by_group=True),
    Metric("balanced_accuracy", "multiclass", greater_is_better=True),
    Metric("f1_macro", "multiclass", greater_is_better=True),
    Metric("roc_auc_ovr", "multiclass", greater_is_better=True, needs="every class"),
    Metric("log_loss", "multiclass", greater_is_better=False, loss_sql=_LOG_LOSS),
    Metric("brier_score", "multiclass", greater_is_better=False),
    Metric("calibration_error", "multiclass", greater_is_better=False),
)

_REGRESSION = (
    Metric("mean_absolute_error", "regression", greater_is_better=False, loss_sql="abs({score} - {label})"),
    Metric("mean_squared_error", "regression", greater_is_better=False, loss_sql=_SQUARE),
    Metric("root_mean_squared_error", "regression", greater_is_better=False),
    Metric("median_absolute_error", "regression", greater_is_better=False),
    Metric("r2", "regression", greater_is_better=True, needs="two rows"),
    Metric("mean_error", "regression", greater_is_better=None, by_group=True),
)

METRICS: dict[Problem, dict[str, Metric]] = {
    "binary": {metric.name: metric for metric in _BINARY},
    "multiclass": {metric.name: metric for metric in _MULTICLASS},
    "regression": {metric.name: metric for metric in _REGRESSION},
}


def row_losses(problem: Problem) -> list[str]:
    """The metrics that an experiment can compare: means over rows, the lower the better."""
    return [name for name, metric in METRICS[problem].items() if metric.loss_sql is not None]


def group_metrics(problem: Problem) -> list[str]:
    """The metrics that are measured for each group of a protected column without being named."""
    return [name for name, metric in METRICS[problem].items() if metric.by_group]

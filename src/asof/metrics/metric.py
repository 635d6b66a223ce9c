"""What a metric is: one record that says everything about it, for one kind of problem.

A metric is computed by the function of its name in `values.py`, and on resamples by that in `resampled.py`. Both import
NumPy, and the first imports scikit-learn: they are loaded when a value is asked for, not when a model spec is read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Problem = Literal["binary", "multiclass", "regression"]
Needs = Literal["any row", "two rows", "both classes", "a positive row", "a negative row", "every class"]

# The score that separates predictions of a binary metric: `decided` gives it 0 and 1.
THRESHOLD = 0.5


@dataclass(frozen=True)
class Metric:
    """A metric of one kind of problem.

    `greater_is_better` is None where neither more nor less is better. `needs` says on which rows it is defined.
    `of_decisions`: it depends on which scores count as true. `by_group`: it is measured for each group of a protected column
    without being named. `loss_sql` is the loss of a row in DuckDB's SQL, of {score}, {label} and {likelihood} (the
    probability that the outcome was given); only a metric that is a mean over rows, the lower the better, has it.

    Example: `METRICS["binary"]["roc_auc"].value(np.array([0.0, 1.0]), np.array([0.2, 0.7]))` is 1.0.
    """

    name: str
    problem: Problem
    greater_is_better: bool | None
    needs: Needs = "any row"
    of_decisions: bool = False
    by_group: bool = False
    loss_sql: str | None = None

    def value(self, labels: "np.ndarray", scores: "np.ndarray", threshold: float = THRESHOLD) -> float | None:
        """The metric on these rows, or None where it is not defined on them.

        labels have shape (rows,): 0 and 1, codes of classes, or numbers. scores have shape (rows,): probabilities of the
        positive class, or numbers; for several classes (rows, classes). `threshold` is the score from which a binary
        prediction is true, as `ModelSpec.threshold` says.
        """
        if not self.is_defined_on(labels, scores):
            return None
        return float(self._function("values")(labels, self._decided(scores, threshold)))

    def resampled(
        self, labels: "np.ndarray", scores: "np.ndarray", weights: "np.ndarray", threshold: float = THRESHOLD
    ) -> "np.ndarray":
        """The metric on many resamples of the rows, shape (resamples,); NaN or infinite where it is not defined on one.

        `weights` say how often each resample has each row, shape (resamples, rows).
        """
        function = self._function("resampled")
        found: np.ndarray = function(labels, self._decided(scores, threshold), weights)
        return found

    def is_defined_on(self, labels: "np.ndarray", scores: "np.ndarray") -> bool:
        """Whether these rows are what the metric `needs`."""
        if not len(labels):
            return False
        if self.needs == "two rows":
            return len(labels) >= 2
        if self.needs == "both classes":
            return bool(labels.min() != labels.max())
        if self.needs == "every class":
            return all((labels == code).any() for code in range(scores.shape[1]))
        needed = {"a positive row": 1, "a negative row": 0}.get(self.needs)
        return needed is None or bool((labels == needed).any())

    def _decided(self, scores: "np.ndarray", threshold: float) -> "np.ndarray":
        """The scores, or for a metric of decisions 1 from the threshold on and 0 below it."""
        return (scores >= threshold).astype(float) if self.of_decisions else scores

    def _function(self, module: str) -> Callable[..., "np.ndarray"]:
        found: Callable[..., np.ndarray] = getattr(import_module(f"asof.metrics.{module}"), self.name)
        return found

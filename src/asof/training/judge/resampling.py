"""Metrics on many resamples of the same rows at once, for confidence intervals and paired tests.

The bootstrap is that of Efron and Tibshirani: An introduction to the bootstrap, 1993, chapters 13 and 16; whole days are
drawn, since rows of one day are not independent (Field and Welsh: Bootstrapping clustered data, JRSS B 2007).
"""

import numpy as np

from asof.metrics.catalog import METRICS
from asof.metrics.metric import THRESHOLD, Problem

RESAMPLES = 200
_MAX_ROWS = 10_000
_MIN_DAYS = 10
_DAY = 86_400_000_000


class Resamples:
    """Which rows are drawn how often; the same for everything that is measured on them, so that it can be compared.

    `moments` are microseconds since 1970, shape (rows,). At most 10,000 rows take part, evenly spread over them.
    """

    def __init__(self, moments: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> None:
        count = len(moments)
        self.rows = np.unique(np.linspace(0, count - 1, min(count, _MAX_ROWS)).astype(int))
        days, day = np.unique(moments[self.rows] // _DAY, return_inverse=True)
        self.by_day = len(days) >= _MIN_DAYS
        units, unit = (len(days), day) if self.by_day else (len(self.rows), np.arange(len(self.rows)))
        drawn = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=resamples)
        self.weights = drawn.astype(np.float32)[:, unit]
        # m out of n (Bickel, Götze, van Zwet, Statistica Sinica 1997); days vary as much as they do with all their rows
        self.scale = 1.0 if self.by_day else float(np.sqrt(len(self.rows) / count))

    def deviations(
        self,
        problem: Problem,
        metric: str,
        labels: np.ndarray,
        scores: np.ndarray,
        mask: np.ndarray,
        threshold: float = THRESHOLD,
    ) -> np.ndarray:
        """The metric on each resample less the metric on the rows themselves, on those in `mask`; shape (resamples,).

        `threshold` is that of `Metric.value`. NaN where a resample leaves it undefined.
        """
        inside = mask[self.rows]
        rows, weights = self.rows[inside], self.weights[:, inside]
        if not len(rows):
            return np.full(len(weights), np.nan)
        resampled = METRICS[problem][metric].resampled
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = resampled(labels[rows], scores[rows], weights, threshold)
            itself = resampled(labels[rows], scores[rows], np.ones((1, len(rows)), dtype=np.float32), threshold)
        return (drawn - itself) * self.scale


def interval(value: float | None, deviations: np.ndarray) -> tuple[float | None, float | None]:
    """The middle 95 % of resampled values around a value; None where too few resamples have one."""
    defined = deviations[np.isfinite(deviations)]
    if value is None or len(defined) < len(deviations) * 0.9:
        return None, None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(value + low), float(value + high)

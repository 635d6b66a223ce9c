"""What each feature is worth: how much of the first metric is lost when its values are shuffled, or when it is dropped."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.inspection import permutation_importance

from asof.features.signature import FeatureSchema
from asof.metrics.catalog import METRICS
from asof.model_spec.spec import ModelSpec
from asof.progress import Progress
from asof.scoring.score import score
from asof.scoring.scorer import Scorer, plain_text
from asof.training.data.dataset import Dataset
from asof.training.fit.fitting import Fitter

_MAX_ROWS = 2_000
_REPEATS = 2


@dataclass(frozen=True)
class Importance:
    """How much worse the metric is without what a feature says; in the metric's own unit, more is more useful.

    `shuffled` is the mean over shuffles of the feature in the test split and `spread` its standard deviation; `dropped` is
    the loss of an estimator that was fitted without it, None where that was not asked for.
    """

    feature: str
    metric: str
    shuffled: float | None
    spread: float | None
    dropped: float | None = None


def shuffled_importances(spec: ModelSpec, dataset: Dataset, estimator: Any) -> list[Importance]:
    """Permutation importance (Breiman: Random forests, 2001) of each feature on at most 2,000 rows of the test split."""
    part = dataset.test.sample(_MAX_ROWS)
    metric = ranking_metric(spec)
    columns = [plain_text(part.rows[name]).combine_chunks() for name in dataset.schema.names]
    scorer = Scorer(estimator, dataset.schema, spec.problem, f"model {spec.name}")
    sign = 1 if METRICS[spec.problem][metric].greater_is_better else -1

    def goodness(_: Any, places: np.ndarray, labels: np.ndarray) -> float:
        """Of rows whose features come from these places, shape (rows, features)."""
        moved = [column.take(pa.array(places[:, n])) for n, column in enumerate(columns)]
        value = METRICS[spec.problem][metric].value(labels, scorer.scores(moved), spec.threshold)
        return float("nan") if value is None else sign * value

    # scikit-learn shuffles the places of values, so that rows stay as they are scored in the warehouse, without a frame
    where = np.tile(np.arange(len(part.labels))[:, None], (1, len(columns)))
    if np.isnan(goodness(estimator, where, part.labels)):
        return [Importance(name, metric, None, None) for name in dataset.schema.names]
    found = permutation_importance(estimator, where, part.labels, scoring=goodness, n_repeats=_REPEATS, random_state=0)
    return [
        Importance(name, metric, float(mean), float(spread))
        for name, mean, spread in zip(dataset.schema.names, found.importances_mean, found.importances_std, strict=True)
    ]


def dropped_importances(
    spec: ModelSpec, dataset: Dataset, fitter: Fitter, whole: Any, progress: Progress
) -> Iterator[float | None]:
    """For each feature in order, what the metric on the test split loses when an estimator is fitted without it.

    One fit per feature. `whole` is the estimator that was fitted with all of them.
    """
    metric = ranking_metric(spec)
    scores = score(whole, dataset.test.frame(dataset.schema), spec.problem, f"model {spec.name}")
    all_of_them = METRICS[spec.problem][metric].value(dataset.test.labels, scores, spec.threshold)
    sign = 1 if METRICS[spec.problem][metric].greater_is_better else -1
    progress.step("fitting without each feature", total=len(dataset.schema.names))
    for dropped in dataset.schema.names:
        others = FeatureSchema(tuple(each for each in dataset.schema.features if each.name != dropped))
        if not others.features or all_of_them is None:
            yield None
            continue
        estimator = replace(fitter, schema=others).fit(dataset.train, dataset.validation)
        scores = score(estimator, dataset.test.frame(others), spec.problem, f"model {spec.name} without {dropped}")
        without = METRICS[spec.problem][metric].value(dataset.test.labels, scores, spec.threshold)
        progress.advance(dropped)
        yield None if without is None else sign * (all_of_them - without)


def ranking_metric(spec: ModelSpec) -> str:
    """The first metric of the spec by which a better model can be told from a worse one."""
    directed = [metric for metric in spec.metrics if METRICS[spec.problem][metric].greater_is_better is not None]
    return (directed or [next(iter(METRICS[spec.problem]))])[0]

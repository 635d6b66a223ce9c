"""Top reasons: what each feature adds to a score, exactly, for XGBoost's trees (Lundberg et al., 2020, TreeSHAP).

Contributions are in the units of the trees' sum: log-odds of a binary problem, the value itself of a regression, and of
several classes the log-odds of the predicted one. Together with the trees' mean they add up to that sum.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asof.errors import EstimatorError
from asof.scoring.scorer import Scorer, Trees


@dataclass(frozen=True)
class Reasons:
    """The features that moved a score most."""

    trees: Trees
    most: int
    features: list[str]

    @classmethod
    def of(cls, scorer: Scorer, most: int) -> "Reasons":
        """Raises EstimatorError for an estimator whose contributions are not known exactly."""
        if scorer.trees is None:
            raise EstimatorError(
                f"{scorer.owner}: inference.reasons needs XGBoost's trees behind known columns (as of asof.estimators.tree_pipeline), "
                f"got {type(scorer.estimator).__name__}; leave the key out, or train such trees"
            )
        return cls(scorer.trees, most, list(dict.fromkeys(scorer.trees.matrix.sources)))

    def __call__(self, columns: Sequence[Any]) -> list[str]:
        """JSON for each row: a list of features with their contribution, the greatest in size first."""
        found = self.contributions(columns)
        names, most = self.features, min(self.most, found.shape[1])
        order = np.argsort(-np.abs(found), axis=1, kind="stable")[:, :most]
        values = np.take_along_axis(found, order, axis=1)
        return [
            json.dumps(
                [
                    {"feature": names[place], "contribution": float(f"{value:.7g}")}
                    for place, value in zip(*row, strict=True)
                ]
            )
            for row in zip(order, values, strict=True)
        ]

    def contributions(self, columns: Sequence[Any]) -> np.ndarray:
        """What each of the features adds, shape (rows, features); the columns made of one feature are added up."""
        import xgboost  # noqa: PLC0415  # there, since the trees are its own

        model, matrix = self.trees.model, self.trees.matrix(columns)
        booster = model.get_booster()
        data = xgboost.DMatrix(
            matrix, feature_types=model.feature_types, enable_categorical=model.feature_types is not None, nthread=1
        )
        best = booster.attr("best_iteration")
        rounds = (0, 0 if best is None else int(best) + 1)
        found = booster.predict(data, pred_contribs=True, iteration_range=rounds)
        if found.ndim == 3:
            classes = booster.predict(data, output_margin=True, iteration_range=rounds).argmax(axis=1)
            found = found[np.arange(len(found)), classes]
        owners = np.array([self.features.index(source) for source in self.trees.matrix.sources])
        contributions = np.zeros((len(found), len(self.features)))
        for place, owner in enumerate(owners):  # what is left is the trees' mean
            contributions[:, owner] += found[:, place]
        return contributions

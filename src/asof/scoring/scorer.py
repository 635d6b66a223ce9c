"""Scores Arrow columns with a fitted estimator: XGBoost behind known columns from a matrix, all others from a frame.

Both give to the bit what the estimator itself gives for these rows; `tests/scoring` and the parity gate hold it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from asof.errors import CompileError
from asof.features.bounds import refuse_beyond
from asof.features.signature import FeatureSchema
from asof.metrics.metric import Problem
from asof.scoring.encode.columns import columns_and_last, read_columns
from asof.scoring.encode.matrix import Matrix
from asof.scoring.score import failing_as, finite, raw_scores, score
from asof.scoring.xgb import xgboost_kind


@dataclass(frozen=True)
class Trees:
    """XGBoost's trees with the matrix that they read."""

    model: Any
    matrix: Matrix

    def predictor(self, problem: Problem) -> Callable[[np.ndarray], Any]:
        """What the model's own `predict` or `predict_proba` gives for a matrix, on one thread, without what its interface does
        around each call, such as setting and restoring XGBoost's global configuration.
        """
        model = self.model
        usual = {"binary": "binary:logistic", "multiclass": "multi:softprob"}.get(problem, model.objective)
        in_order = problem != "binary" or list(model.classes_) == [0, 1]
        if model.objective != usual or model.booster == "gblinear" or not in_order:
            return lambda matrix: raw_scores(model, matrix, problem)
        booster = model.get_booster()
        booster.set_param({"nthread": 1})
        end = getattr(model, "best_iteration", -1) + 1  # where it stopped early; 0 means all rounds
        return partial(
            booster.inplace_predict, iteration_range=(0, end), missing=model.missing, validate_features=False
        )


def xgboost_trees(estimator: Any, schema: FeatureSchema) -> Trees | None:
    """The fitted estimator as trees on a matrix, or None where it is something else."""
    transformer, last = columns_and_last(estimator)
    if xgboost_kind(last) is None:
        return None
    try:
        return Trees(last, Matrix.of(read_columns(transformer, schema), schema))
    except CompileError:
        return None


def plain_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as the warehouse has it: text without a dictionary, everything else as it is."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


@dataclass
class Scorer:
    """Scores of a fitted estimator, safe to ask from several threads at once."""

    estimator: Any
    schema: FeatureSchema
    problem: Problem
    owner: str
    trees: Trees | None = field(init=False)
    predict: Callable[[np.ndarray], Any] = field(init=False)

    def __post_init__(self) -> None:
        self.trees = xgboost_trees(self.estimator, self.schema)
        if self.trees is not None:
            # DuckDB calls from each of its threads; the booster sets itself up with its first prediction, which is here.
            self.trees.model.set_params(n_jobs=1)
            self.predict = self.trees.predictor(self.problem)
            self.scores(
                [
                    pa.array([None], pa.string() if f.kind == "categorical" else pa.float64())
                    for f in self.schema.features
                ]
            )

    def scores(self, columns: Sequence[Any]) -> np.ndarray:
        """Scores as `score` does, from Arrow arrays in the order of the schema.

        Raises EstimatorError, and DataError for a number outside the range of a 32-bit float.
        """
        if self.trees is None:
            refuse_beyond(self.schema.features, columns, self.owner)
            chunked = [
                column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column]) for column in columns
            ]
            frame = self.schema.frame(pa.table(chunked, names=self.schema.names))
            return score(self.estimator, frame, self.problem, self.owner)
        matrix = self.trees.matrix(columns)
        if np.isinf(matrix).any():  # only then is it worth the time to look at each column
            refuse_beyond(self.schema.features, columns, self.owner)
        with failing_as(self.owner, len(columns[0])):
            found = self.predict(matrix)
        return finite(np.asarray(found, dtype=np.float64), self.owner)

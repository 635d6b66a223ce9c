"""Fits XGBoost from batches of the rows as they came from the warehouse: no frame, and no second copy of the numbers.

For the usual pipeline, text as codes and numbers as they are into XGBoost's trees, this gives to the bit what `fit` on a
frame gives (a test holds it), in a fraction of the memory: each batch is made when XGBoost asks for it, and what stays is
its quantised matrix of one byte a value. Rows that are in a file have that matrix in a file, too (external memory).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import xgboost

from asof.features.signature import FeatureSchema
from asof.scoring.encode.columns import columns_and_last, read_columns
from asof.scoring.encode.matrix import Matrix
from asof.scoring.encode.unfitted import learns_from_distinct_values
from asof.scoring.xgb import xgboost_kind
from asof.training.data.dataset import Part
from asof.training.fit.batches import MatrixBatches, distinct, refuse_unknown


@dataclass(frozen=True)
class NativeTrees:
    """XGBoost's trees, and before them a transformer that codes or passes on columns one by one, or None."""

    transformer: Any
    trees: xgboost.XGBModel

    def fit(self, schema: FeatureSchema, train: Part, watched: Part | None) -> None:
        """Fits in place; `watched` is what early stopping looks at, where the trees ask for it."""
        if self.transformer is not None:
            self.transformer.fit(_every_value(schema, train.rows))
        matrix = Matrix.of(read_columns(self.transformer, schema, only_seen=True), schema)

        def batches(part: Part, cache: Path | None = None) -> MatrixBatches:
            refuse_unknown(part, schema, matrix)
            return MatrixBatches(part, schema, matrix, self.trees.feature_types, cache)

        shared = {"max_bin": self.trees.max_bin or 256, "nthread": self.trees.n_jobs}
        if train.spool is None:
            data = xgboost.QuantileDMatrix(batches(train), **shared)
        else:
            data = xgboost.ExtMemQuantileDMatrix(batches(train, cache=train.spool), **shared)
        evals = []
        if watched is not None and self.trees.early_stopping_rounds is not None:
            evals = [(xgboost.QuantileDMatrix(batches(watched), ref=data, **shared), "validation")]
        booster = xgboost.train(
            self._parameters(train.labels),
            data,
            self.trees.get_num_boosting_rounds(),
            evals=evals,
            early_stopping_rounds=self.trees.early_stopping_rounds if evals else None,
            verbose_eval=False,
        )
        self.trees.load_model(bytearray(booster.save_raw("ubj")))

    def _parameters(self, labels: np.ndarray) -> dict[str, Any]:
        """What scikit-learn's interface hands to XGBoost, with the objective for several classes where there are."""
        parameters: dict[str, Any] = self.trees.get_xgb_params()
        if isinstance(self.trees, xgboost.XGBClassifier):
            classes = len(np.unique(labels))
            parameters["objective"] = parameters.get("objective") or "binary:logistic"
            if classes > 2:
                if parameters["objective"] != "multi:softmax":
                    parameters["objective"] = "multi:softprob"
                parameters["num_class"] = classes
        return parameters


def native_trees(estimator: Any, schema: FeatureSchema) -> NativeTrees | None:
    """The estimator as trees that can be fitted from batches, or None where only its own `fit` will do."""
    transformer, trees = columns_and_last(estimator)
    if not _plain(trees):
        return None
    return NativeTrees(transformer, trees) if learns_from_distinct_values(transformer, schema) else None


def _plain(trees: Any) -> bool:
    """Whether nothing of these trees needs scikit-learn's way of fitting."""
    if xgboost_kind(trees) is None:
        return False
    usual = trees.booster in (None, "gbtree") and trees.tree_method in (None, "auto", "hist")
    callables = callable(trees.objective) or callable(trees.eval_metric) or trees.callbacks
    # by name, or as weights: what a frame is needed for
    by_column = isinstance(trees.monotone_constraints, dict) or trees.interaction_constraints is not None
    weighted = trees.feature_weights is not None
    return bool(usual and not callables and np.isnan(trees.missing) and not by_column and not weighted)


def _every_value(schema: FeatureSchema, rows: pa.Table) -> pd.DataFrame:
    """A small frame with every distinct text of every column, which is all that an encoder learns from."""
    texts = {name: distinct(rows[name]) for name in schema.categorical}
    height = max([1, *(len(values) for values in texts.values())])
    padded = {name: values + values[:1] * (height - len(values)) for name, values in texts.items()}
    return pd.DataFrame(
        {name: pd.Series(padded[name], dtype=object) if name in padded else np.zeros(height) for name in schema.names}
    )

"""Fits an estimator on the training split: from batches where it can be, watched on validation where it stops early, and
calibrated on validation where the spec says so. The test split is never seen here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from asof.errors import EstimatorError
from asof.features.signature import FeatureSchema, feature_schema
from asof.features.view import FeatureView
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.scoring.encode.columns import columns_and_last
from asof.scoring.xgb import is_xgboost
from asof.training.data.dataset import Part
from asof.training.fit.device import fitted_on
from asof.training.fit.estimator import build_estimator
from asof.user_code import told_as

if TYPE_CHECKING:
    from asof.training.fit.native import NativeTrees


@dataclass(frozen=True)
class Fitter:
    """Builds and fits the estimator of a spec on the columns of a schema, as often as it is asked to."""

    root: Path
    spec: ModelSpec
    schema: FeatureSchema

    @classmethod
    def of(cls, project: Project, spec: ModelSpec, view: FeatureView) -> Self:
        """For the columns that the spec takes from a view. Raises DataError when one cannot be a feature."""
        columns = view.feature_columns(spec.features.exclude)
        return cls(project.root, spec, feature_schema(columns, f"feature view {view.name}"))

    def build(self) -> Any:
        """The unfitted estimator, with the parameters of the spec. Raises EstimatorError."""
        spec = self.spec
        return build_estimator(self.root, spec.estimator, self.schema, spec.problem, spec.parameters)

    @property
    def computes_in_single_precision(self) -> bool:
        """Whether the estimator sees its numbers as float32 anyway, so that they can be read as such."""
        return _native_trees(self.build(), self.schema) is not None

    def fit(self, train: Part, validation: Part) -> Any:
        """A new estimator, fitted. Raises EstimatorError when it refuses these rows."""
        estimator = self.build()
        file = self.root / self.spec.estimator.split(":", maxsplit=1)[0]
        with told_as(f"estimator {self.spec.estimator}", file, EstimatorError):
            with fitted_on(estimator, self.spec.device, self.spec.estimator):
                estimator = self._fit(estimator, train, validation)
            if self.spec.calibration is None:
                return estimator
            if len(np.unique(validation.labels)) < len(np.unique(train.labels)):
                raise EstimatorError(
                    f"model {self.spec.name}: calibration: {self.spec.calibration} needs a row of every class in the "
                    "validation split; take a longer one, or no calibration"
                )
            calibrated = CalibratedClassifierCV(FrozenEstimator(estimator), method=self.spec.calibration)
            return calibrated.fit(validation.frame(self.schema), validation.labels)

    def _fit(self, estimator: Any, train: Part, validation: Part) -> Any:
        native = _native_trees(estimator, self.schema)
        if native is not None:
            native.fit(self.schema, train, validation)
            return estimator
        steps = estimator.steps if isinstance(estimator, Pipeline) else [("estimator", estimator)]
        before, last = [step for step in steps[:-1] if step[1] not in (None, "passthrough")], steps[-1][1]
        frame = train.frame(self.schema)
        if not _stops_early(last):
            return estimator.fit(frame, train.labels)
        watched = validation.frame(self.schema)
        if before:
            prepare = Pipeline(before)
            frame, watched = prepare.fit_transform(frame, train.labels), prepare.transform(watched)
        if is_xgboost(last):
            last.fit(frame, train.labels, eval_set=[(watched, validation.labels)], verbose=False)
        else:
            last.fit(frame, train.labels, X_val=watched, y_val=validation.labels)
        return estimator


def _native_trees(estimator: Any, schema: FeatureSchema) -> "NativeTrees | None":
    """As `native_trees`, and XGBoost is imported only where the estimator ends in one of its own."""
    if not is_xgboost(columns_and_last(estimator)[1]):
        return None
    from asof.training.fit.native import native_trees  # noqa: PLC0415

    return native_trees(estimator, schema)


def _stops_early(last: Any) -> bool:
    """Whether an estimator looks at rows that it is not fitted on; left alone, scikit-learn's would draw them at random."""
    if is_xgboost(last):
        return last.early_stopping_rounds is not None
    return isinstance(last, (HistGradientBoostingClassifier, HistGradientBoostingRegressor)) and last.early_stopping

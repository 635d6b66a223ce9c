"""The estimator of the model flight_delay: gradient boosted trees that take categories and missing values as such."""

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from xgboost import XGBClassifier


def build(schema):
    """An unfitted classifier for the columns of `schema`, an asof.FeatureSchema."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))
    columns = ColumnTransformer([("text", codes, schema.categorical), ("numbers", "passthrough", schema.numeric)])
    trees = XGBClassifier(
        n_estimators=500,
        learning_rate=0.02,
        max_depth=8,
        min_child_weight=100,
        subsample=0.7,
        colsample_bytree=0.3,
        reg_lambda=10,
        enable_categorical=True,
        feature_types=["c"] * len(schema.categorical) + ["q"] * len(schema.numeric),
        random_state=2013,
        n_jobs=2,
    )
    return Pipeline([("columns", columns), ("trees", trees)])

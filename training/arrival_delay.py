"""The estimator of the model arrival_delay: boosted trees for a number of minutes, fewer and shallower than the other's."""

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from xgboost import XGBRegressor


def build(schema):
    """An unfitted regressor for the columns of `schema`, an asof.FeatureSchema."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))
    columns = ColumnTransformer([("text", codes, schema.categorical), ("numbers", "passthrough", schema.numeric)])
    trees = XGBRegressor(
        objective="reg:absoluteerror",
        n_estimators=200,
        learning_rate=0.05,
        max_depth=6,
        min_child_weight=50,
        subsample=0.7,
        colsample_bytree=0.5,
        enable_categorical=True,
        feature_types=["c"] * len(schema.categorical) + ["q"] * len(schema.numeric),
        random_state=2013,
        n_jobs=2,
    )
    return Pipeline([("columns", columns), ("trees", trees)])

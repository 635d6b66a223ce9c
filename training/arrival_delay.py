"""The estimator of the model arrival_delay: boosted trees for a number of minutes, fewer and shallower than the other's."""

from xgboost import XGBRegressor

from asof.estimators import tree_pipeline


def build(schema):
    """An unfitted regressor for the columns of `schema`, an asof.FeatureSchema."""
    trees = XGBRegressor(
        objective="reg:absoluteerror",
        n_estimators=200,
        learning_rate=0.05,
        max_depth=6,
        min_child_weight=50,
        subsample=0.7,
        colsample_bytree=0.5,
        random_state=2013,
        n_jobs=2,
    )
    return tree_pipeline(schema, trees)

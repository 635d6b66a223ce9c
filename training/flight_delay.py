"""The estimator of the model flight_delay: gradient boosted trees that take categories and missing values as such."""

from xgboost import XGBClassifier

from asof.estimators import tree_pipeline


def build(schema):
    """An unfitted classifier for the columns of `schema`, an asof.FeatureSchema."""
    trees = XGBClassifier(
        n_estimators=500,
        learning_rate=0.02,
        max_depth=8,
        min_child_weight=100,
        subsample=0.7,
        colsample_bytree=0.3,
        reg_lambda=10,
        random_state=2013,
        n_jobs=2,
    )
    return tree_pipeline(schema, trees)


def search_space(trial):
    """What `asof tune flight_delay` draws from: parameters of what build returns. `trial` is Optuna's."""
    return {
        "trees__n_estimators": trial.suggest_int("n_estimators", 100, 600, step=100),
        "trees__learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "trees__max_depth": trial.suggest_int("max_depth", 3, 9),
        "trees__min_child_weight": trial.suggest_float("min_child_weight", 10, 300, log=True),
        "trees__colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
    }

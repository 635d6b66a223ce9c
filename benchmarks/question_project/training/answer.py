"""The trees that both sides fit; how many is in the environment, so that the benchmark chooses for both."""

import os

from xgboost import XGBClassifier

from asof.estimators import tree_pipeline

PARAMETERS = {
    "n_estimators": int(os.environ["TREES"]),
    "max_depth": 6,
    "learning_rate": 0.1,
    "n_jobs": int(os.environ["THREADS"]),
    "random_state": 7,
}


def build(schema):
    """An unfitted classifier for the columns of `schema`, an asof.FeatureSchema."""
    return tree_pipeline(schema, XGBClassifier(**PARAMETERS))

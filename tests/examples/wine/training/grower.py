"""The estimator of the model grower."""

from sklearn.linear_model import LogisticRegression

from asof.estimators import linear_pipeline


def build(schema):
    """An unfitted classifier for the columns of `schema`, an asof.FeatureSchema."""
    return linear_pipeline(schema, LogisticRegression(max_iter=1000))

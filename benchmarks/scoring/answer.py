"""The estimators that are scored; the environment variable FORM says which.

`usual`: text one-hot, numbers filled and scaled, then XGBoost; much of what is found in the wild.
`native`: text as XGBoost's own categories, missing values left as they are.
`linear`: a logistic regression of scikit-learn, for which the scorer has no fast path.
"""

import os

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

from asof.estimators import tree_pipeline


def build(schema):
    """An unfitted classifier for the columns of `schema`, an asof.FeatureSchema."""
    columns = ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore", sparse_output=False), schema.categorical),
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), schema.numeric),
        ]
    )
    form = os.environ.get("FORM", "usual")
    if form == "linear":
        return Pipeline([("columns", columns), ("linear", LogisticRegression(max_iter=500))])
    trees = XGBClassifier(n_estimators=300, max_depth=6, learning_rate=0.1, n_jobs=2, random_state=7)
    return tree_pipeline(schema, trees) if form == "native" else Pipeline([("columns", columns), ("trees", trees)])

"""The estimator that is scored: texts one-hot, numbers filled and scaled, then trees; much of what is found in the wild."""

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier


def build(schema):
    """An unfitted classifier for the columns of `schema`, an asof.FeatureSchema."""
    columns = ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore", sparse_output=False), schema.categorical),
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), schema.numeric),
        ]
    )
    trees = XGBClassifier(n_estimators=300, max_depth=6, learning_rate=0.1, n_jobs=2, random_state=7)
    return Pipeline([("columns", columns), ("trees", trees)])

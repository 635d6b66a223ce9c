"""The usual pipelines in a line, for files in `training/`: columns prepared by their type, and an estimator behind them.

What they return are plain scikit-learn pipelines. What they learn, as the codes of categories, is in the artifact and
nowhere else.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from asof.features.signature import FeatureSchema


def tree_pipeline(schema: "FeatureSchema", trees: Any) -> "Pipeline":
    """Text as codes, numbers and NULLs as they are, then trees that take categories and missing values as such.

    `trees` is one of XGBoost's estimators or scikit-learn's histogram gradient boosting, unfitted; which of its columns are
    categories is set on it. The fitted trees of scikit-learn are of types that a project must allow by name in the var
    `asof_trusted_types`; XGBoost's are allowed. A category that was not seen in training is taken for a missing value. Steps: `columns`, `trees`.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))
    columns = ColumnTransformer([("text", codes, schema.categorical), ("numbers", "passthrough", schema.numeric)])
    texts, numbers = len(schema.categorical), len(schema.numeric)
    if "enable_categorical" in trees.get_params():
        trees.set_params(enable_categorical=True, feature_types=["c"] * texts + ["q"] * numbers)
    elif "categorical_features" in trees.get_params():
        trees.set_params(categorical_features=list(range(texts)))
    return Pipeline([("columns", columns), ("trees", trees)])


def linear_pipeline(schema: "FeatureSchema", linear: Any) -> "Pipeline":
    """One-hot categories (rare and new ones together), medians for missing numbers and a mark where they were missing,
    everything scaled; then a model that is linear in them. Steps: `columns`, `linear`.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=30, sparse_output=False)
    filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    columns = ColumnTransformer(
        [("text", one_hot, schema.categorical), ("numbers", make_pipeline(filled, StandardScaler()), schema.numeric)]
    )
    return Pipeline([("columns", columns), ("linear", linear)])

"""Pipelines of every kind that the matrix and the compiler know, fitted on rows that are hard: NULLs, ties, rare texts."""

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

from asof.estimators import linear_pipeline, tree_pipeline
from asof.features.signature import Feature, FeatureSchema

SCHEMA = FeatureSchema(
    (
        Feature("colour", "string", "categorical"),
        Feature("amount", "float64", "numeric"),
        Feature("shape 'n' \"size\"", "string", "categorical"),
        Feature("count", "int32", "numeric"),
        Feature("is_new", "boolean", "boolean"),
        Feature("ratio", "float64", "numeric"),
        Feature("price", "decimal(12, 2)", "numeric"),
    )
)
ROWS = 600


def frame(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Rows as an estimator gets them: float64 with NaN, text with None. `ratio` has no NULL."""
    rng = np.random.default_rng(seed)

    def holes(values, share=0.1):
        return np.where(rng.random(rows) < share, np.nan, values)

    def texts(values, share=0.1):
        found = rng.choice(values, rows).astype(object)
        found[rng.random(rows) < share] = None
        return pd.Series(found, dtype=object)

    return pd.DataFrame(
        {
            "colour": texts(["red", "green", "blue", "it's", "Ünï", ""]),
            "amount": holes(np.round(rng.normal(0, 50, rows), 1)),
            SCHEMA.names[2]: texts([f"shape {n}" for n in range(12)]),
            "count": holes(rng.integers(-5, 40, rows).astype(float)),
            "is_new": holes(rng.integers(0, 2, rows).astype(float)),
            "ratio": rng.random(rows),
            "price": holes(np.round(rng.exponential(100, rows), 2)),
        }
    )


def numbers(data: pd.DataFrame) -> np.ndarray:
    """What is to be learned: it depends on most columns, and on chance."""
    rng = np.random.default_rng(1)
    return (
        data["amount"].fillna(20).to_numpy()
        + 30 * (data["colour"] == "red").to_numpy()
        - 25 * data[SCHEMA.names[2]].isna().to_numpy()
        + np.nan_to_num(data["count"].to_numpy()) * data["ratio"].to_numpy() * 4
        + rng.normal(0, 10, len(data))
    )


def labels(problem: str, data: pd.DataFrame) -> np.ndarray:
    values = numbers(data)
    if problem == "regression":
        return values
    if problem == "binary":
        return (values > np.median(values)).astype(float)
    return np.digitize(values, np.quantile(values, [0.3, 0.7])).astype(float)


def mixed(last) -> Pipeline:
    """Every scaler and encoder at once."""
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=60, sparse_output=False)
    ordinal = make_pipeline(
        SimpleImputer(missing_values=None, strategy="constant", fill_value="none"),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    )
    marked = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    columns = ColumnTransformer(
        [
            ("marked", marked, ["amount", "count"]),
            ("one_hot", one_hot, ["colour"]),
            ("ordinal", ordinal, [SCHEMA.names[2]]),
            ("robust", make_pipeline(SimpleImputer(), RobustScaler()), ["price"]),
            ("min_max", MinMaxScaler(clip=True), ["ratio"]),
            ("max_abs", make_pipeline(SimpleImputer(strategy="most_frequent"), MaxAbsScaler()), ["is_new"]),
        ]
    )
    return Pipeline([("columns", columns), ("last", last)])


def raw_numbers(last) -> Pipeline:
    return Pipeline([("columns", ColumnTransformer([("numbers", "passthrough", SCHEMA.numeric)])), ("last", last)])


def calibrated(estimator, method: str, data: pd.DataFrame, target: np.ndarray):
    return CalibratedClassifierCV(FrozenEstimator(estimator.fit(data, target)), method=method)


SMALL = {"n_estimators": 12, "max_depth": 4, "random_state": 3, "n_jobs": 2}

# name: (problem, what makes the unfitted estimator)
PIPELINES = {
    "xgboost, native categories, binary": ("binary", lambda: tree_pipeline(SCHEMA, XGBClassifier(**SMALL))),
    "xgboost, native categories, multiclass": ("multiclass", lambda: tree_pipeline(SCHEMA, XGBClassifier(**SMALL))),
    "xgboost, native categories, regression": ("regression", lambda: tree_pipeline(SCHEMA, XGBRegressor(**SMALL))),
    "xgboost, one category a split": (
        "binary",
        lambda: tree_pipeline(SCHEMA, XGBClassifier(**SMALL, max_cat_to_onehot=100)),
    ),
    "xgboost, mixed, binary": ("binary", lambda: mixed(XGBClassifier(**SMALL))),
    "xgboost, mixed, multiclass": ("multiclass", lambda: mixed(XGBClassifier(**SMALL))),
    "xgboost, mixed, regression": ("regression", lambda: mixed(XGBRegressor(**SMALL))),
    "xgboost, parallel trees": ("binary", lambda: mixed(XGBClassifier(**SMALL, num_parallel_tree=3, subsample=0.5))),
    "xgboost, poisson": (
        "regression",
        lambda: mixed(XGBRegressor(**SMALL, objective="reg:absoluteerror")),
    ),
    "hist, binary": (
        "binary",
        lambda: tree_pipeline(SCHEMA, HistGradientBoostingClassifier(max_iter=12, random_state=3)),
    ),
    "hist, multiclass": (
        "multiclass",
        lambda: tree_pipeline(SCHEMA, HistGradientBoostingClassifier(max_iter=8, random_state=3)),
    ),
    "hist, regression": (
        "regression",
        lambda: tree_pipeline(SCHEMA, HistGradientBoostingRegressor(max_iter=12, random_state=3)),
    ),
    "hist, mixed": ("binary", lambda: mixed(HistGradientBoostingClassifier(max_iter=12, random_state=3))),
    "forest, binary": ("binary", lambda: mixed(RandomForestClassifier(15, max_depth=6, random_state=3))),
    "forest, missing values": ("binary", lambda: raw_numbers(RandomForestClassifier(15, max_depth=6, random_state=3))),
    "forest, multiclass": ("multiclass", lambda: mixed(RandomForestClassifier(15, max_depth=6, random_state=3))),
    "forest, regression": ("regression", lambda: mixed(RandomForestRegressor(15, max_depth=6, random_state=3))),
    "extra trees": ("binary", lambda: mixed(ExtraTreesClassifier(15, max_depth=6, random_state=3))),
    "one tree": ("multiclass", lambda: mixed(DecisionTreeClassifier(max_depth=5, random_state=3))),
    "one tree, regression": ("regression", lambda: raw_numbers(DecisionTreeRegressor(max_depth=5, random_state=3))),
    "logistic": ("binary", lambda: linear_pipeline(SCHEMA, LogisticRegression(max_iter=500))),
    "logistic, multiclass": ("multiclass", lambda: mixed(LogisticRegression(max_iter=2000))),
    "least squares": ("regression", lambda: linear_pipeline(SCHEMA, LinearRegression())),
    "ridge": ("regression", lambda: mixed(Ridge())),
    "lasso": ("regression", lambda: mixed(Lasso(alpha=0.5))),
    "elastic net": ("regression", lambda: mixed(ElasticNet(alpha=0.5))),
}


def fitted(name: str):
    """The problem and the fitted estimator of a name above."""
    problem, make = PIPELINES[name]
    data = frame()
    return problem, make().fit(data, labels(problem, data))

"""Tells XGBoost's estimators from others without importing XGBoost, which comes with an extra and takes its time to load."""

from typing import Any, Literal


def xgboost_kind(estimator: Any) -> Literal["XGBClassifier", "XGBRegressor"] | None:
    """The class of an estimator where it is one of these two, and None for all others: a subclass may do things its own way."""
    kind = type(estimator)
    if kind.__module__ != "xgboost.sklearn" or kind.__name__ not in ("XGBClassifier", "XGBRegressor"):
        return None
    return kind.__name__  # type: ignore[return-value]  # one of the two


def is_xgboost(estimator: Any) -> bool:
    """Whether an estimator is one of XGBoost's, subclasses among them."""
    return any((base.__module__, base.__name__) == ("xgboost.sklearn", "XGBModel") for base in type(estimator).__mro__)

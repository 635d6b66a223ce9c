"""Reads the trees of fitted ensembles: XGBoost's, scikit-learn's histogram gradient boosting, forests and single trees."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from asof.errors import CompileError
from asof.scoring.sql.tree import Among, Below, Leaf, Tree, TreeNode, TreeSplit


@dataclass(frozen=True)
class Ensemble:
    """Trees whose leaves are added up for each output, to what it begins with; `link` makes scores of the sums.

    Without `takes_missing` the estimator refuses missing values.
    """

    trees: list[Tree]
    base: list[float]
    link: str  # sigmoid, softmax, exponential or none
    takes_missing: bool = True


def read_xgboost(model: Any) -> Ensemble:
    """Of an XGBClassifier or XGBRegressor. Raises CompileError for a booster or an objective that is not known."""
    booster = model.get_booster()
    learner = json.loads(booster.save_raw("json"))["learner"]
    kind = learner["gradient_booster"].get("name")
    if kind != "gbtree":
        raise CompileError(f"XGBoost's booster '{kind}'")
    if not np.isnan(model.missing):
        raise CompileError(f"XGBoost with missing={model.missing}")
    objective = learner["objective"]["name"]
    link = _OBJECTIVES.get(objective)
    if link is None:
        raise CompileError(f"XGBoost's objective '{objective}'")
    grown = learner["gradient_booster"]["model"]
    best, rounds = booster.attr("best_iteration"), grown["iteration_indptr"]
    count = rounds[int(best) + 1] if best is not None else rounds[-1]
    trees = [
        Tree(_of_xgboost(tree, 0, _categories(tree)), output)
        for tree, output in zip(grown["trees"][:count], grown["tree_info"][:count], strict=True)
    ]
    outputs = max(1, int(learner["learner_model_param"]["num_class"]))
    given = json.loads(learner["learner_model_param"]["base_score"])
    base = np.broadcast_to(np.atleast_1d(np.asarray(given, dtype=float)), (outputs,))
    return Ensemble(trees, [_MARGIN[link](value) for value in base], link)


_OBJECTIVES = {
    **dict.fromkeys(("binary:logistic", "reg:logistic"), "sigmoid"),
    **dict.fromkeys(("multi:softprob", "multi:softmax"), "softmax"),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie"), "exponential"),
    **dict.fromkeys(("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror"), "none"),
}
_MARGIN: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda value: float(np.log(value) - np.log1p(-value)),
    "exponential": lambda value: float(np.log(value)),
    "softmax": float,
    "none": float,
}


def _categories(tree: dict[str, Any]) -> dict[int, frozenset[int]]:
    """By node, the categories that go right."""
    parts = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    return {node: frozenset(tree["categories"][start : start + size]) for node, start, size in parts}


def _of_xgboost(tree: dict[str, Any], node: int, categories: dict[int, frozenset[int]]) -> TreeNode:
    value = tree["split_conditions"][node]
    if tree["left_children"][node] < 0:
        return Leaf((float(np.float32(value)),))
    test: Below | Among = Below(float(np.float32(value)), single=True, inclusive=False)
    if tree["split_type"][node]:
        test = Among(categories[node], negated=True)
    return TreeSplit(
        tree["split_indices"][node],
        test,
        bool(tree["default_left"][node]),
        _of_xgboost(tree, tree["left_children"][node], categories),
        _of_xgboost(tree, tree["right_children"][node], categories),
    )


def read_histogram(model: Any) -> Ensemble:
    """Of a HistGradientBoostingClassifier or -Regressor. Raises CompileError for a loss with a link that is not known."""
    link = {"HalfBinomialLoss": "sigmoid", "HalfMultinomialLoss": "softmax"}.get(type(model._loss).__name__)  # noqa: SLF001
    if link is None:
        link = {"IdentityLink": "none", "LogLink": "exponential"}.get(type(model._loss.link).__name__)  # noqa: SLF001
    if link is None:
        raise CompileError(f"the loss {type(model._loss).__name__}")  # noqa: SLF001
    trees = []
    for iteration in model._predictors:  # noqa: SLF001
        for output, predictor in enumerate(iteration):
            trees.append(Tree(_of_histogram(predictor, 0), output))
    base = [float(value) for value in np.ravel(model._baseline_prediction)]  # noqa: SLF001
    return Ensemble(trees, base, link)


def _of_histogram(predictor: Any, node: int) -> TreeNode:
    found = predictor.nodes[node]
    if found["is_leaf"]:
        return Leaf((float(found["value"]),))
    test: Below | Among = Below(float(found["num_threshold"]), single=False, inclusive=True)
    if found["is_categorical"]:
        bits = predictor.raw_left_cat_bitsets[found["bitset_idx"]]
        test = Among(frozenset(code for code in range(256) if bits[code // 32] >> (code % 32) & 1), negated=False)
    return TreeSplit(
        int(found["feature_idx"]),
        test,
        bool(found["missing_go_to_left"]),
        _of_histogram(predictor, int(found["left"])),
        _of_histogram(predictor, int(found["right"])),
    )


def read_forest(model: Any, outputs: int) -> Ensemble:
    """Of a forest or a single tree of scikit-learn, whose predictions are the mean of its trees'."""
    members = list(getattr(model, "estimators_", [model]))
    trees = [Tree(_of_sklearn(member.tree_, 0, len(members), outputs)) for member in members]
    takes = all(member.__sklearn_tags__().input_tags.allow_nan for member in members)
    return Ensemble(trees, [0.0] * outputs, "none", takes_missing=takes)


def _of_sklearn(tree: Any, node: int, share: int, outputs: int) -> TreeNode:
    if tree.children_left[node] == tree.children_right[node]:
        values = np.ravel(tree.value[node])
        if outputs == 1 and len(values) == 2:  # the second of two classes
            values = values[1:]
        return Leaf(tuple(float(value) / share for value in values))
    return TreeSplit(
        int(tree.feature[node]),
        Below(float(tree.threshold[node]), single=True, inclusive=True),
        bool(tree.missing_go_to_left[node]),
        _of_sklearn(tree, int(tree.children_left[node]), share, outputs),
        _of_sklearn(tree, int(tree.children_right[node]), share, outputs),
    )

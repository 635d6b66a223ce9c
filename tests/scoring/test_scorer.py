"""The scorer, and its function in DuckDB, against scikit-learn on the same rows: to the bit."""

import json
import threading

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pipelines import PIPELINES, SCHEMA, fitted, frame

from asof.errors import EstimatorError
from asof.scoring.function import Function, function_name, score_type
from asof.scoring.reasons import Reasons
from asof.scoring.score import score
from asof.scoring.scorer import Scorer

TYPES = {"colour": pa.string(), "count": pa.int32(), "is_new": pa.bool_(), "price": pa.decimal128(12, 2)}


def arrow(data: pd.DataFrame) -> pa.Table:
    """The rows as they lie in the warehouse."""
    columns = {}
    for feature in SCHEMA.features:
        values = data[feature.name]
        type_ = pa.string() if feature.kind == "categorical" else TYPES.get(feature.name, pa.float64())
        plain = [None if pd.isna(value) else value for value in values]
        if pa.types.is_decimal(type_):
            columns[feature.name] = pa.array(plain, pa.float64()).cast(type_)
        elif pa.types.is_boolean(type_):
            columns[feature.name] = pa.array([None if value is None else bool(value) for value in plain])
        else:
            columns[feature.name] = pa.array(plain).cast(type_)
    return pa.table(columns)


def hard_rows() -> pd.DataFrame:
    """What was not in training: texts nobody saw, numbers far out, rows of nothing but NULLs."""
    data = frame(300, seed=9)
    data.loc[:20, "colour"] = "violet"
    data.loc[10:30, SCHEMA.names[2]] = "shape 99"
    data.loc[40:45, "amount"] = 1e30
    data.loc[46:50, "amount"] = -1e30
    data.loc[60:62, SCHEMA.numeric] = np.nan
    data.loc[60:62, SCHEMA.categorical] = None
    data["ratio"] = data["ratio"].fillna(0.5)
    return data


@pytest.mark.parametrize("name", PIPELINES)
def test_scores_are_those_of_the_estimator(name):
    problem, estimator = fitted(name)
    data = hard_rows()
    if name.startswith("xgboost"):
        data.loc[51:55, "amount"] = -3e38  # beyond float32
    rows = arrow(data)
    expected = score(estimator, SCHEMA.frame(rows), problem, "it")
    scorer = Scorer(estimator, SCHEMA, problem, "it")
    assert (scorer.trees is not None) == name.startswith("xgboost")
    assert np.array_equal(scorer.scores([rows[column].combine_chunks() for column in SCHEMA.names]), expected)
    classes = 3 if problem == "multiclass" else 0
    function = Function.of_scores(function_name("m", 1), SCHEMA, score_type(classes), lambda: scorer)
    with duckdb.connect() as connection, function.known_to(connection):
        connection.register("rows", rows)
        found = connection.execute(f"select {function.call()} as score from rows").fetchnumpy()["score"]
    assert np.array_equal(np.stack(found) if classes else found, expected)


@pytest.mark.parametrize("name", ["xgboost, native categories, binary", "xgboost, mixed, binary"])
def test_many_threads_give_what_one_gives(name):
    problem, estimator = fitted(name)
    rows = arrow(frame(150_000, seed=2))
    expected = score(estimator, SCHEMA.frame(rows), problem, "it")
    made = []

    def make():
        made.append(threading.get_ident())
        return scorer

    scorer = Scorer(estimator, SCHEMA, problem, "it")
    function = Function.of_scores("scores", SCHEMA, "DOUBLE", make)
    with duckdb.connect(config={"threads": 4}) as connection, function.known_to(connection):
        connection.register("source", rows)
        connection.execute("create table rows as from source")
        found = connection.execute(f"select {function.call()} as score from rows").fetchnumpy()["score"]
    assert np.array_equal(found, expected)
    assert len(set(made)) > 1


def test_an_error_in_the_function_is_the_one_that_is_told():
    _, estimator = fitted("least squares")
    rows = arrow(frame(10))
    scorer = Scorer(estimator, SCHEMA, "regression", "model m version 1")
    function = Function.of_scores("scores", SCHEMA, "DOUBLE", lambda: scorer)
    estimator.steps[-1][1].coef_ = np.zeros(2)
    with duckdb.connect() as connection, pytest.raises(EstimatorError, match="m version 1: the fitted estimator fails"):
        connection.register("rows", rows)
        with function.known_to(connection):
            connection.execute(f"select {function.call()} from rows")
    with duckdb.connect() as connection, pytest.raises(duckdb.CatalogException):
        connection.execute("select scores(1)")


@pytest.mark.parametrize("name", [name for name in PIPELINES if name.startswith("xgboost")])
def test_contributions_add_up_to_the_trees_sum(name):
    """With the mean of the trees they are the margin, which the estimator tells by itself."""
    problem, estimator = fitted(name)
    rows = arrow(hard_rows())
    columns = [rows[column].combine_chunks() for column in SCHEMA.names]
    scorer = Scorer(estimator, SCHEMA, problem, "it")
    found = Reasons.of(scorer, 3).contributions(columns)
    assert found.shape == (len(rows), len(SCHEMA.names))
    before = estimator[:-1].transform(SCHEMA.frame(rows))
    margins = estimator[-1].predict(before, output_margin=True)
    chosen = margins.max(axis=1) if problem == "multiclass" else margins
    means = chosen - found.sum(axis=1)
    if problem == "multiclass":
        assert len(np.unique(np.round(means, 3))) <= 3
    else:
        assert means == pytest.approx(np.full(len(rows), means.mean()), abs=1e-3 if problem == "regression" else 1e-5)


def test_reasons_are_the_features_that_moved_the_score_most():
    _, estimator = fitted("xgboost, mixed, binary")
    scorer = Scorer(estimator, SCHEMA, "binary", "it")
    rows = arrow(frame(5, seed=4))
    columns = [rows[column].combine_chunks() for column in SCHEMA.names]
    reasons = Reasons.of(scorer, 2)
    contributions = reasons.contributions(columns)
    for text, row in zip(reasons(columns), contributions, strict=True):
        told = json.loads(text)
        largest = np.argsort(-np.abs(row))[:2]
        assert [each["feature"] for each in told] == [reasons.features[place] for place in largest]
        assert [each["contribution"] for each in told] == pytest.approx(row[largest], rel=1e-6)


def test_reasons_of_another_estimator_are_refused():
    _, estimator = fitted("ridge")
    with pytest.raises(
        EstimatorError, match="inference.reasons needs XGBoost's trees .* got Pipeline; leave the key out"
    ):
        Reasons.of(Scorer(estimator, SCHEMA, "regression", "it"), 2)

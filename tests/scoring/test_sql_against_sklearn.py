"""Compiled SQL on DuckDB and on PostgreSQL against scikit-learn: within 1e-6 of every score, on rows that are hard."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sqlglot
from pipelines import PIPELINES, SCHEMA, calibrated, fitted, frame, labels, mixed
from postgres import running_server
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, PowerTransformer
from sklearn.svm import LinearSVC
from test_scorer import arrow, hard_rows
from xgboost import XGBClassifier, XGBRegressor

from asof.errors import CompileError
from asof.estimators import tree_pipeline
from asof.features.signature import Feature, FeatureSchema
from asof.scoring.encode.columns import read_columns
from asof.scoring.score import score
from asof.scoring.sql.compile import compile_scores
from asof.scoring.sql.dialects import DIALECTS, in_dialect
from asof.scoring.sql.inputs import Inputs
from asof.scoring.sql.tree import Below, Leaf, TreeSplit

SCHEMA_OF_ONE = FeatureSchema((Feature("x", "float64", "numeric"),))

CALIBRATIONS = {
    f"{method} of {name}": (method, name)
    for method in ("sigmoid", "temperature")
    for name in (
        "xgboost, mixed, binary",
        "xgboost, mixed, multiclass",
        "logistic",
        "hist, binary",
        "logistic, multiclass",
    )
}
ALL = [*PIPELINES, *CALIBRATIONS]


def made(name):
    """The problem and the fitted estimator of a name, calibrated or not."""
    if name not in CALIBRATIONS:
        return fitted(name)
    method, inner = CALIBRATIONS[name]
    problem, make = PIPELINES[inner]
    data = frame()
    target = labels(problem, data)
    return problem, calibrated(make(), method, data, target).fit(data, target)


def rows_for(estimator, problem) -> pa.Table:
    """Hard rows, and rows with numbers exactly at what the trees compare with, one double below and one above."""
    data = hard_rows()
    groups = compile_scores(estimator, SCHEMA, problem).groups
    compared = [part.split()[0] for text in groups for part in text.replace(">=", "<").split(" < ")[1:]]
    edges = [float(number) for number in compared]
    edges = np.array(sorted({edge for edge in edges if np.isfinite(edge)})[:400])
    edges = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
    more = frame(len(edges), seed=5)
    for name in ("amount", "ratio"):
        more[name] = np.random.default_rng(len(name)).permutation(edges)
    return arrow(pd.concat([data, more], ignore_index=True))


def scores_in(cursor, sql: str, count: int) -> np.ndarray:
    cursor.execute(f"select * from ({sql}) as compiled order by id")
    found = np.array(
        [[np.nan if value is None else value for value in row[1:]] for row in cursor.fetchall()], dtype=float
    )
    return found[:, 0] if count == 1 else found


def compiled(estimator, problem):
    names = [f"score_{n}" for n in range(3)] if problem == "multiclass" else ["score"]
    return compile_scores(estimator, SCHEMA, problem).select('"rows"', {"id": "id"}, names), len(names)


def close(found, expected):
    """Within 1e-6, of a predicted value within 1e-6 of what values are like."""
    return np.abs(found - expected) <= 1e-6 * max(1.0, float(np.abs(expected).max()))


@pytest.mark.parametrize("name", ALL)
def test_on_duckdb(name):
    problem, estimator = made(name)
    rows = rows_for(estimator, problem)
    expected = score(estimator, SCHEMA.frame(rows), problem, "it")
    sql, count = compiled(estimator, problem)
    with duckdb.connect() as connection:
        connection.register("source", rows)
        connection.execute("create table rows as select row_number() over () as id, * from source")
        found = scores_in(connection, sql, count)
        # NaN is not NULL in SQL; to scikit-learn they are the same
        connection.execute("update rows set amount = 'nan' where amount is null")
        assert np.array_equal(scores_in(connection, sql, count), found)
    assert close(found, expected).all()


@pytest.fixture(scope="module")
def server():
    with running_server() as server:
        server.create_database("compiled")
        yield server


@pytest.mark.parametrize("name", ALL)
def test_on_postgres(server, name):
    problem, estimator = made(name)
    rows = rows_for(estimator, problem)
    expected = score(estimator, SCHEMA.frame(rows), problem, "it")
    sql, count = compiled(estimator, problem)
    types = {"numeric": "double precision", "boolean": "boolean", "categorical": "text"}
    declared = ['"' + f.name.replace('"', '""') + '" ' + types[f.kind] for f in SCHEMA.features]
    with server.connect("compiled") as connection, connection.cursor() as cursor:
        cursor.execute("set jit = off")
        cursor.execute(f'create temporary table "rows" (id integer, {", ".join(declared)})')
        marks = ", ".join(["%s"] * (1 + len(declared)))
        values = [(n + 1, *row.values()) for n, row in enumerate(rows.to_pylist())]
        cursor.executemany(f'insert into "rows" values ({marks})', values)
        found = scores_in(cursor, in_dialect(sql, "postgres"), count)
        connection.rollback()
    assert close(found, expected).all()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "name", ["xgboost, native categories, multiclass", "hist, binary", "logistic, multiclass", "sigmoid of logistic"]
)
def test_other_engines_can_parse_it(dialect, name):
    problem, estimator = made(name)
    sql = in_dialect(compiled(estimator, problem)[0], dialect)
    parsed = sqlglot.parse(sql, dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    assert len(parsed) == 1
    assert dialect == "duckdb" or "list_contains" not in sql.lower()
    assert not parsed[0].find(sqlglot.exp.Command)


def test_a_tree_by_hand():
    """A number is compared with the smallest double that float32 rounds up to the threshold, which is not the threshold."""
    inputs = Inputs(read_columns(None, SCHEMA_OF_ONE), SCHEMA_OF_ONE)
    split = TreeSplit(0, Below(0.1, single=True, inclusive=False), True, Leaf((1.0,)), Leaf((2.0,)))
    inputs.prepare([split])
    side = inputs.side(split)
    # float32(0.1) is 0.100000001490116; halfway to the float32 before it lies 0.09999999776482583
    limit = float(side.condition.split(">= ")[1].removesuffix("e0"))
    assert side.holds_left is False
    assert np.float32(limit) == np.float32(0.1)
    assert np.float32(np.nextafter(limit, 0)) < np.float32(0.1)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (lambda: mixed(GradientBoostingClassifier(n_estimators=2)), "GradientBoostingClassifier"),
        (lambda: mixed(XGBClassifier(n_estimators=2, booster="dart")), "XGBoost's booster 'dart'"),
        (
            lambda: Pipeline([("columns", numbers_by(PowerTransformer())), ("last", HistGradientBoostingClassifier())]),
            "PowerTransformer for numbers",
        ),
        (
            lambda: Pipeline(
                [("columns", numbers_by(PolynomialFeatures())), ("last", HistGradientBoostingClassifier())]
            ),
            "PolynomialFeatures for numbers",
        ),
        (
            lambda: Pipeline([("columns", one_hot(handle_unknown="ignore")), ("last", LogisticRegression())]),
            "sparse columns",
        ),
        (
            lambda: Pipeline([("columns", one_hot(sparse_output=False)), ("last", LogisticRegression())]),
            "OneHotEncoder with handle_unknown='error'",
        ),
        (lambda: mixed(LogisticRegression(solver="liblinear")), "LogisticRegression with the solver liblinear"),
        (lambda: CalibratedClassifierCV(mixed(LogisticRegression(max_iter=500)), cv=2), "of several fits"),
        (
            lambda: Pipeline([("a", one_hot(sparse_output=False)), ("b", "passthrough"), ("c", LinearSVC())]),
            "a step between its ColumnTransformer and its estimator",
        ),
    ],
)
def test_what_it_cannot_compile_it_refuses_by_name(estimator, message):
    data = frame()
    target = labels("binary", data)
    with pytest.raises(CompileError, match=message):
        compile_scores(estimator().fit(data, target), SCHEMA, "binary")


def test_an_objective_that_is_not_known():
    data = frame()
    model = mixed(XGBRegressor(n_estimators=2, objective="reg:squaredlogerror")).fit(
        data, np.abs(labels("regression", data))
    )
    with pytest.raises(CompileError, match="XGBoost's objective 'reg:squaredlogerror'"):
        compile_scores(model, SCHEMA, "regression")


def test_isotonic_steps_that_are_too_steep():
    data = frame()
    target = labels("binary", data)
    model = calibrated(tree_pipeline(SCHEMA, XGBClassifier(n_estimators=20, max_depth=2)), "isotonic", data, target)
    with pytest.raises(CompileError, match=r"isotonic calibration with a step of slope \d+"):
        compile_scores(model.fit(data, target), SCHEMA, "binary")


def numbers_by(transformer):
    return ColumnTransformer([("numbers", transformer, ["ratio"])])


def one_hot(**options):
    data = frame()
    return ColumnTransformer([("text", OneHotEncoder(**options), ["colour"])]).fit(data)

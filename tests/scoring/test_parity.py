"""The parity gate: silent where the ways of scoring agree, and with the rows where one of them does not."""

import numpy as np
import pytest
from pipelines import PIPELINES, SCHEMA, fitted, frame, labels
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler
from test_scorer import arrow
from xgboost import XGBClassifier

from asof.features.signature import FeatureSchema
from asof.scoring import parity
from asof.scoring.encode.columns import Columns
from asof.scoring.encode.matrix import Matrix
from asof.scoring.parity import check_parity, harder_rows
from asof.scoring.scorer import xgboost_trees
from asof.scoring.sql.compile import compile_scores
from asof.training.judge.gates import parity_gates


@pytest.mark.parametrize("name", PIPELINES)
def test_every_pipeline_agrees(name):
    problem, estimator = fitted(name)
    found = check_parity(estimator, SCHEMA, problem, arrow(frame(400, seed=6)), "it")
    assert (found.function, found.sql, found.not_compiled) == ([], [], None)
    assert found.rows > 600
    assert parity_gates(found) == []


NUMBERS = FeatureSchema(tuple(feature for feature in SCHEMA.features if feature.kind != "categorical"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_pipeline(SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression()),
        lambda: make_pipeline(SimpleImputer(), XGBClassifier(n_estimators=12, max_depth=4)),
        lambda: Pipeline(
            [("none", "passthrough"), ("scale", RobustScaler()), ("trees", XGBClassifier(n_estimators=12))]
        ),
        lambda: XGBClassifier(n_estimators=12, max_depth=4),
    ],
    ids=["two steps before", "one step before", "steps that pass on", "nothing before"],
)
def test_without_texts_no_column_transformer_is_needed(make):
    data = frame()
    estimator = make().fit(data[NUMBERS.names], labels("binary", data))
    found = check_parity(estimator, NUMBERS, "binary", arrow(frame(400, seed=6)).select(NUMBERS.names), "it")
    assert (found.function, found.sql, found.not_compiled) == ([], [], None)
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    assert (xgboost_trees(estimator, NUMBERS) is not None) == isinstance(last, XGBClassifier)


def test_a_step_after_the_column_transformer_is_refused_by_name():
    data = frame()
    columns = ColumnTransformer([("numbers", SimpleImputer(), SCHEMA.numeric)])
    estimator = make_pipeline(columns, StandardScaler(), LogisticRegression()).fit(data, labels("binary", data))
    found = check_parity(estimator, SCHEMA, "binary", arrow(frame(400, seed=6)), "it")
    assert found.function == []
    assert found.not_compiled == "a Pipeline with a step between its ColumnTransformer and its estimator"


def test_what_the_rows_are():
    problem, estimator = fitted("xgboost, native categories, binary")
    rows = arrow(frame(400, seed=6))
    nulls, nothing, nans, unseen, edges = harder_rows(rows, SCHEMA, compile_scores(estimator, SCHEMA, problem))
    assert all(nulls[name].null_count >= 42 for name in SCHEMA.names)
    assert [nothing[name].to_pylist() for name in SCHEMA.names] == [[None]] * 7
    assert (
        sum(np.isnan([x for x in nans[name].to_pylist() if x is not None]).sum() for name in ("amount", "ratio")) == 300
    )
    assert sum(unseen[name].to_pylist().count("no one has seen this") for name in SCHEMA.categorical) == 300
    assert len(edges) > 100


def test_a_function_that_codes_texts_wrongly(monkeypatch):
    problem, estimator = fitted("xgboost, native categories, binary")
    rows = arrow(frame(200, seed=6))
    right = Matrix.of.__func__

    def wrong(cls, columns, schema):
        for text in columns.texts:
            text.table[-1] = text.table[0]  # NULL for the first category
        return right(cls, Columns(columns.texts, columns.numbers, columns.width), schema)

    monkeypatch.setattr(Matrix, "of", classmethod(wrong))
    found = check_parity(estimator, SCHEMA, problem, rows, "it")
    assert found.function
    assert found.sql == []
    (gate,) = parity_gates(found)
    assert not gate.passed
    assert gate.gate == "parity of the function in DuckDB with the estimator"
    assert f"{len(found.function)} of {found.rows} rows differ, such as" in gate.detail
    assert "'colour': None" in gate.detail or '"size"\': None' in gate.detail


def test_sql_that_takes_a_threshold_for_the_other_side(monkeypatch):
    problem, estimator = fitted("hist, binary")
    rows = arrow(frame(200, seed=6))

    def wrong(*arguments):
        compiled = compile_scores(*arguments)
        compiled.groups[:] = [group.replace(" < ", " <= ").replace(" >= ", " > ") for group in compiled.groups]
        return compiled

    monkeypatch.setattr(parity, "compile_scores", wrong)
    found = check_parity(estimator, SCHEMA, problem, rows, "it")
    assert found.function == []
    assert found.sql
    assert parity_gates(found)[0].gate == "parity of the compiled SQL with the estimator"


def test_what_has_no_sql_says_why():
    data = frame(400, seed=6)
    problem, estimator = fitted("logistic")
    estimator.steps[-1][1].solver = "liblinear"
    found = check_parity(estimator, SCHEMA, problem, arrow(data), "it")
    assert found.not_compiled == "LogisticRegression with the solver liblinear"
    assert (found.function, found.sql) == ([], [])

"""Values that training looks at: numbers that no feature can be, and columns that name their row."""

from time import process_time

import pyarrow as pa
import pytest
from sklearn.ensemble import RandomForestRegressor
from toy import NOW

from asof import predict, promote, train
from asof.errors import ArtifactError, DataError
from asof.training.fit.batches import distinct


@pytest.mark.parametrize("value", ["1e39", "-1e39", "'infinity'", "'-infinity'"])
@pytest.mark.parametrize("model", ["size", "big"])
def test_a_number_that_a_32_bit_float_cannot_hold(toy, value, model):
    toy.sql(f"update features.toy_view set weight = {value}::double where id = 150")
    with pytest.raises(
        DataError,
        match=r"feature view toy_view: the feature 'weight' has the value -?(1e\+39|inf), which a 32-bit float",
    ):
        train(model, toy.open())


def test_the_greatest_number_that_one_can_hold_and_nan(toy):
    toy.sql("update features.toy_view set weight = 3.4028234663852886e38::double where id = 150")
    toy.sql("update features.toy_view set weight = 'nan'::double where id = 151")
    assert train("size", toy.open()).version == 1


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("'order-' || id", "has a different value in nearly every row (100%)"),
        ("id + 5000", "has a different value in nearly every row (100%)"),
        ("(hash(id) >> 1)::bigint", "has a different value in nearly every row (100%)"),
        ("(id * 7919) % 200", None),
        ("id % 20", None),
        ("'kind ' || id % 50", None),
        ("(id * 7919) % 200 + 0.5", None),
    ],
)
def test_a_feature_that_names_its_row(toy, caplog, column, told):
    toy.sql(f"create or replace table features.toy_view as select *, {column} as added from features.toy_view")
    train("size", toy.open())
    assert f"the feature 'added' {told}" in caplog.text if told else "nearly every row" not in caplog.text, caplog.text


@pytest.mark.parametrize("trees", [False, True])
@pytest.mark.parametrize("value", ["1e39", "'-infinity'"])
def test_the_same_number_when_it_is_scored(toy, trees, value):
    """XGBoost would score it as infinity, without a word."""
    if trees:
        toy.edit("training/toy.py", "def regress(schema):\n    return", TREES)
    train("size", toy.open())
    promote("size", project=toy.open())
    toy.sql(f"update features.toy_view set weight = {value}::double where id = 199")
    with pytest.raises(
        DataError, match=r"size version 1: the feature 'weight' has the value (1e\+39|-inf), which a 32-bit"
    ):
        predict("size", toy.open(NOW))
    assert toy.sql("select count(*) from duckdb_tables() where schema_name = 'predictions'") == [(0,)]


def test_types_that_cannot_be_stored_are_told_before_the_long_fit(toy, monkeypatch):
    fits, fit = [], RandomForestRegressor.fit
    monkeypatch.setattr(RandomForestRegressor, "fit", lambda self, x, y: fits.append(len(y)) or fit(self, x, y))
    toy.edit("training/toy.py", "LinearRegression()", "RandomForestRegressor(n_estimators=2)")
    toy.edit(
        "training/toy.py",
        "from sklearn.impute",
        "from sklearn.ensemble import RandomForestRegressor\nfrom sklearn.impute",
    )
    refused = "contains sklearn.tree._tree.Tree, which the project does not allow"
    with pytest.raises(ArtifactError, match=refused):
        train("size", toy.open())
    assert fits == [136], "so few rows are fitted at once"
    monkeypatch.setattr("asof.training.train._SHORT_FIT", 100)
    monkeypatch.setattr("asof.training.train._TRIED", 50)
    with pytest.raises(ArtifactError, match=refused):
        train("size", toy.open())
    assert fits == [136, 50]


def test_a_nul_in_a_category(toy):
    """It has no literal in SQL; the version is scored by its function."""
    toy.sql("update features.toy_view set colour = 'a' || chr(0) || 'b' where id % 10 = 3")
    trained = train("size", toy.open())
    assert trained.status == "registered"
    (told,) = toy.sql("select parity ->> 'not_compiled' from ml.model_versions")
    assert told == ("the feature 'colour' with a NUL character in a category",)


RANKS = """
class Ranks(LinearRegression):
    def predict(self, frame):
        return super().predict(frame).argsort().argsort() * 1.0


"""


def test_a_score_that_depends_on_the_rows_beside_it(toy, tmp_path, monkeypatch):
    (tmp_path / "ranks.py").write_text("from sklearn.linear_model import LinearRegression\n" + RANKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    toy.edit("training/toy.py", '("fit", LinearRegression())', '("fit", __import__("ranks").Ranks())')
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: toy\nvars: {asof_trusted_types: [ranks.Ranks]}")
    trained = train("size", toy.open())
    assert trained.status == "rejected"
    assert any("beside other rows" in str(gate) for gate in trained.gates if not gate.passed)


def test_many_categories_are_read_in_one_go():
    """A list of all of them for each of them would take 17 s for 20,000, and hours for a million."""
    column = pa.chunked_array([pa.array([str(n) for n in range(50_000)]).dictionary_encode()])
    began = process_time()
    assert len(distinct(column)) == 50_000
    assert process_time() - began < 10


TREES = """def regress(schema):
    from asof.estimators import tree_pipeline
    from xgboost import XGBRegressor

    return tree_pipeline(schema, XGBRegressor(n_estimators=5))
    return"""

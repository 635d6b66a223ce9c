"""`asof.predict` on the toy project: which rows, which numbers, and what a second run, a crash or bad data leave."""

from datetime import timedelta

import duckdb
import numpy as np
import pytest
from toy import FIRST, NOW

from asof import predict, promote, train
from asof.errors import (
    ArtifactError,
    ClockError,
    DataError,
    EstimatorError,
    NotBuiltError,
    RegistryError,
    SpecError,
    WarehouseError,
)
from asof.inference.batch.table import PredictionTable
from asof.registry.model_version import load_version
from asof.registry.store import Registry

DAY = timedelta(days=1)


def ids(toy, model="big"):
    return [i for (i,) in toy.sql(f"select id from predictions.{model} order by id")]


def runs(toy):
    return toy.sql("select status, version, window_rows, scored_rows, error from ml.prediction_runs order by rowid")


def test_scores_what_is_due_in_the_window(promoted):
    result = predict("big", promoted.open(FIRST + 80 * DAY))
    assert (result.window_from, result.window_to) == (FIRST + 78 * DAY, FIRST + 80 * DAY)
    assert (result.window_rows, result.scored_rows, result.version) == (4, 4, 1)
    assert ids(promoted) == [157, 158, 159, 160]
    assert runs(promoted) == [("done", 1, 4, 4, None)]
    rows = promoted.sql("select as_of, model, version, alias, decision, run_id, scored_at from predictions.big limit 1")
    assert rows == [(FIRST + 78.5 * DAY, "big", 1, "champion", None, result.run_id, FIRST + 80 * DAY)]


def test_the_numbers_are_those_of_the_registered_estimator_on_the_row(promoted):
    predict("size", promoted.open(FIRST + 80 * DAY))
    project = promoted.open()
    with project.warehouse(read_only=True) as warehouse:
        estimator = load_version(Registry(project, warehouse), "size", 1, project).estimator
    fit = estimator.named_steps["fit"]
    # row 160 by hand: amount 20, weight 1.0, colour green, even; the encoder has green, red and missing, in this order
    columns = np.array([1.0, 0, 0, 20.0, 1.0, 1.0])
    expected = fit.intercept_ + columns @ fit.coef_
    assert promoted.sql("select score, prediction from predictions.size where id = 160") == [
        (pytest.approx(expected, rel=1e-9), pytest.approx(expected, rel=1e-9))
    ]


def test_the_class_is_the_side_of_one_half(promoted):
    predict("big", promoted.open(NOW), window_from=FIRST)
    rows = promoted.sql("select score, prediction from predictions.big")
    assert any(0.5 <= score < 0.6 for score, _ in rows)
    assert any(0.4 < score < 0.5 for score, _ in rows)
    assert all(prediction == (score >= 0.5) for score, prediction in rows)


def test_again_leaves_the_same_rows(promoted):
    predict("big", promoted.open(FIRST + 80 * DAY))
    before = promoted.sql("from predictions.big order by id")
    again = predict("big", promoted.open(FIRST + 81 * DAY))
    assert (again.window_rows, again.scored_rows) == (4, 2)
    assert promoted.sql("from predictions.big where id <= 160 order by id") == before
    assert ids(promoted) == [157, 158, 159, 160, 161, 162]


def test_a_window_of_its_own(promoted):
    result = predict("big", promoted.open(), window_from=FIRST, window_to=FIRST + DAY)
    assert (ids(promoted), result.scored_rows) == ([1, 2], 2)


def test_an_instant_without_a_zone_is_in_utc(promoted):
    first = FIRST.replace(tzinfo=None)
    assert predict("big", promoted.open(), window_from=first, window_to=first + DAY).window_to == FIRST + DAY


def test_an_empty_window_is_a_run_without_rows(promoted):
    result = predict("big", promoted.open(NOW + 30 * DAY))
    assert (result.window_rows, result.scored_rows) == (0, 0)
    assert result.status == "empty"
    assert runs(promoted) == [("empty", 1, 0, 0, None)]
    assert ids(promoted) == []


def test_a_new_version_scores_the_same_rows_beside_the_old_one(promoted):
    predict("big", promoted.open(FIRST + 80 * DAY))
    train("big", promoted.open(FIRST + 90 * DAY))
    promote("big", 2, promoted.open(FIRST + 90 * DAY))
    later = promoted.open(FIRST + 90 * DAY)
    predict("big", later, window_from=FIRST + 78 * DAY, window_to=FIRST + 80 * DAY)
    assert promoted.sql("select id, version from predictions.big where id = 160") == [(160, 1), (160, 2)]


def test_a_window_in_the_future_or_the_wrong_way_round(promoted):
    with pytest.raises(ClockError, match="the window ends at .*, after the present .*; set --now later"):
        predict("big", promoted.open(), window_to=NOW + DAY)
    with pytest.raises(ClockError, match="the window begins at .*, not before its end"):
        predict("big", promoted.open(), window_from=NOW, window_to=NOW)


def test_no_champion(toy):
    with pytest.raises(
        RegistryError,
        match="model big has no 'champion' by 2024-04-10 00:00 UTC; promote a version with: asof promote big",
    ):
        predict("big", toy.open())
    assert [row[:2] for row in runs(toy)] == [("failed", None)]


def test_the_alias_is_what_it_was_at_the_present(promoted):
    """A clock that stands earlier does not know of what was promoted later."""
    train("big", promoted.open(FIRST + 90 * DAY))
    promote("big", 2, promoted.open(FIRST + 90 * DAY))
    assert predict("big", promoted.open(FIRST + 89 * DAY)).version == 1
    assert predict("big", promoted.open(FIRST + 90 * DAY)).version == 2
    message = r"no 'champion' by 2024-03-20 00:00 UTC \(it has one since 2024-03-21 00:00 UTC; set --now later, or"
    with pytest.raises(RegistryError, match=message):
        predict("big", promoted.open(FIRST + 79 * DAY))


def test_the_view_is_gone(promoted):
    promoted.sql("drop table features.toy_view")
    with pytest.raises(NotBuiltError, match=r"run: dbt build --project-dir dbt_project --select \+toy_view"):
        predict("big", promoted.open())
    assert runs(promoted)[0][:2] == ("failed", 1)


def test_a_column_that_has_changed(promoted):
    promoted.sql("alter table features.toy_view alter amount type varchar")
    with pytest.raises(DataError, match="big version 1 on feature view toy_view: the column 'amount' is string"):
        predict("big", promoted.open())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("update features.toy_view set id = null where id = 199", "1 rows have no 'id'"),
        ("insert into features.toy_view from features.toy_view where id = 199", "2 rows have the key id = 199"),
    ],
)
def test_bad_keys_in_the_window(promoted, damage, message):
    promoted.sql(damage)
    with pytest.raises(DataError, match=message):
        predict("big", promoted.open())
    assert promoted.sql("select count(*) from information_schema.tables where table_schema = 'predictions'") == [(0,)]


def test_a_tampered_artifact(promoted):
    (artifact,) = promoted.sql("select artifact from ml.model_versions where model = 'big'")[0]
    promoted.sql("update ml.model_versions set artifact = ? where model = 'big'", [artifact[:-1] + b"!"])
    with pytest.raises(ArtifactError, match="big version 1: the artifact's SHA-256 is"):
        predict("big", promoted.open())
    status, version, _, _, error = runs(promoted)[0]
    assert (status, version) == ("failed", 1)
    assert "its bytes have changed" in error


@pytest.mark.parametrize("moment", ["append", "registry"])
def test_an_interrupt_in_the_middle_of_writing_leaves_nothing_half_written(promoted, monkeypatch, moment):
    predict("big", promoted.open(FIRST + 80 * DAY))
    home, name = {"append": (PredictionTable, "insert"), "registry": (Registry, "append")}[moment]
    original = getattr(home, name)

    def interrupted(*arguments):
        original(*arguments)
        if name != "append" or moment != "registry" or arguments[1][0].status == "done":
            raise KeyboardInterrupt

    monkeypatch.setattr(home, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        predict("big", promoted.open(FIRST + 81 * DAY))
    assert ids(promoted) == [157, 158, 159, 160]
    assert runs(promoted)[1] == ("failed", 1, 4, None, "KeyboardInterrupt")
    monkeypatch.setattr(home, name, original)
    assert predict("big", promoted.open(FIRST + 81 * DAY)).scored_rows == 2


def test_a_key_with_the_name_of_a_column_of_the_table(promoted):
    promoted.sql("alter table features.toy_view rename id to score")
    promoted.edit("dbt_project/target/manifest.json", '"key": ["id"]', '"key": ["score"]')
    with pytest.raises(DataError, match="key column 'score' has the name of a column of the prediction table; rename"):
        predict("big", promoted.open())


def test_a_key_that_names_the_moment_too(toy):
    """As a spine of one row per customer and week may; the question is the key and the moment all the same."""
    toy.edit("dbt_project/target/manifest.json", '"key": ["id"]', '"key": ["id", "asked_at"]')
    train("big", toy.open(FIRST + 80 * DAY))
    promote("big", project=toy.open(FIRST + 80 * DAY))
    predict("big", toy.open(FIRST + 80 * DAY))
    assert ids(toy) == [157, 158, 159, 160]
    assert [name for (name, *_) in toy.sql("describe predictions.big")][:3] == ["id", "as_of", "model"]


def test_a_prediction_table_of_another_problem_is_left_as_it_is(promoted):
    """DuckDB would cast a predicted 17.6 to true without a word."""
    predict("big", promoted.open())
    before = promoted.sql("from predictions.big")
    promoted.edit("models/big.yml", "label: is_big\nproblem: binary", "label: size\nproblem: regression")
    promoted.edit("models/big.yml", "classify", "regress")
    promoted.edit("models/big.yml", "roc_auc, log_loss", "r2")
    promoted.edit("models/big.yml", "roc_auc, min: 0.6", "r2, min: 0.0")
    train("big", promoted.open())
    promote("big", project=promoted.open())
    with pytest.raises(
        DataError, match=r"predictions.big: its column 'prediction' is BOOLEAN, this version writes DOUBLE"
    ):
        predict("big", promoted.open())
    assert promoted.sql("from predictions.big") == before


def test_a_prediction_table_with_another_key_is_left_as_it_is(promoted):
    predict("big", promoted.open())
    promoted.sql("alter table features.toy_view add column part integer default 1")
    promoted.edit("dbt_project/target/manifest.json", '"key": ["id"]', '"key": ["id", "part"]')
    with pytest.raises(DataError, match=r"predictions.big: its column 'part' is missing, this version writes INTEGER"):
        predict("big", promoted.open())


def test_the_error_that_came_first_is_the_one_that_is_told(promoted, monkeypatch):
    promoted.edit("models/big.yml", "window: 2 days", "window: 2 days, policy: training/big.sql")
    (promoted.root / "training/big.sql").write_text("select id, as_of, 'x' as decision from scored")

    def full(*_):
        raise duckdb.IOException("the disk is full")

    monkeypatch.setattr(PredictionTable, "insert", full)
    with pytest.raises(WarehouseError, match=r"toy.duckdb refuses: .*the disk is full"):
        predict("big", promoted.open())
    assert "the disk is full" in runs(promoted)[0][4]


def test_an_estimator_that_cannot_take_a_new_category(promoted):
    promoted.edit("training/toy.py", 'handle_unknown="ignore"', 'handle_unknown="error"')
    train("big", promoted.open())
    promote("big", project=promoted.open())
    promoted.sql("update features.toy_view set colour = 'blue' where id = 199")
    with pytest.raises(EstimatorError, match=r"big version 2: the fitted estimator fails on 3 rows: .* new categories"):
        predict("big", promoted.open())
    assert runs(promoted)[0][:4] == ("failed", 2, 3, None)


def test_a_spec_with_a_mistake_is_told_before_anything_is_opened(promoted):
    promoted.edit("models/big.yml", "window: 2 days", "window: 2")
    with pytest.raises(SpecError, match=r"inference.window: 2 is not a length of time"):
        predict("big", promoted.open())


@pytest.mark.parametrize("name", ["ml", "predictions", "features"])
def test_a_warehouse_with_the_name_of_a_schema(toy, name):
    (toy.root / "toy.duckdb").rename(toy.root / f"{name}.duckdb")
    toy.edit("profiles.yml", "toy.duckdb", f"{name}.duckdb")
    train("size", toy.open())
    promote("size", project=toy.open())
    assert predict("size", toy.open()).scored_rows == 3
    assert predict("size", toy.open()).scored_rows == 0

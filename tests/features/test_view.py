"""The feature view from Python: which columns are features, which rows are known by a moment, which keys are bad."""

import json
from datetime import timedelta

import pytest
from toy import FIRST, NOW

from asof.errors import DataError, NotBuiltError, ProjectError


def test_all_columns_but_keys_times_and_labels_are_features(toy):
    view = toy.open().feature_view("toy_view")
    assert [name for name, _ in view.feature_columns()] == ["amount", "weight", "colour", "is_even"]
    assert [name for name, _ in view.feature_columns(exclude=["colour"])] == ["amount", "weight", "is_even"]
    with pytest.raises(DataError, match=r"no column 'color' to exclude \(did you mean 'colour'\?\)"):
        view.feature_columns(exclude=["color"])


def test_a_label_counts_from_the_moment_it_is_known(toy):
    view = toy.open().feature_view("toy_view")
    # row 10 is asked on day 5 at midnight, its label is known an hour later
    known = FIRST + timedelta(days=5, hours=1)
    assert view.training_set("is_big", known - timedelta(microseconds=1)).count().to_pyarrow().as_py() == 10
    assert view.training_set("is_big", known).count().to_pyarrow().as_py() == 11


def test_a_null_label_is_no_label(toy):
    toy.sql("update features.toy_view set is_big = null where id < 4")
    assert toy.open().feature_view("toy_view").training_set("is_big", NOW).count().to_pyarrow().as_py() == 196


def test_an_unknown_label(toy):
    with pytest.raises(DataError, match=r"feature view toy_view: no label 'is_bigg' \(did you mean 'is_big'\?\)"):
        toy.open().feature_view("toy_view").training_set("is_bigg", NOW)


def test_due_is_after_the_beginning_and_up_to_the_end(toy):
    view = toy.open().feature_view("toy_view")
    due = view.due(FIRST, FIRST + timedelta(days=1))
    assert sorted(due.to_pyarrow()["id"].to_pylist()) == [1, 2]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("update features.toy_view set id = null where id < 3", "3 rows have no 'id', which is part of its key"),
        ("update features.toy_view set asked_at = null where id = 3", "1 rows have no 'asked_at'"),
        ("insert into features.toy_view from features.toy_view where id = 7", "2 rows have the key id = 7, asked_at ="),
    ],
)
def test_bad_keys(toy, damage, message):
    toy.sql(damage)
    view = toy.open().feature_view("toy_view")
    with pytest.raises(DataError, match=message):
        view.refuse_bad_keys(view.table)


def test_dbt_has_not_run(toy):
    (toy.root / "dbt_project/target/manifest.json").unlink()
    with pytest.raises(NotBuiltError, match=r"dbt has not run yet: .*; run: dbt build --project-dir dbt_project"):
        toy.open().feature_view("toy_view")


def test_the_view_is_not_built(toy):
    toy.sql("drop table features.toy_view")
    with pytest.raises(NotBuiltError, match=r"run: dbt build --project-dir dbt_project --select \+toy_view"):
        toy.open().feature_view("toy_view")


def test_an_unknown_view(toy):
    with pytest.raises(ProjectError, match=r"no feature view 'toy_vew' \(did you mean 'toy_view'\?\)"):
        toy.open().feature_view("toy_vew")


def test_a_view_without_a_spine(toy):
    path = toy.root / "dbt_project/target/manifest.json"
    manifest = json.loads(path.read_text())
    manifest["nodes"]["model.toy.toy_view"]["depends_on"]["nodes"] = []
    path.write_text(json.dumps(manifest))
    with pytest.raises(ProjectError, match="it must read one spine and at most one label model, it reads 0 and 0"):
        toy.open().feature_view("toy_view")


@pytest.mark.parametrize(("model", "key"), [("toy_spine", "key"), ("toy_spine", "as_of"), ("toy_label", "labels")])
def test_a_role_without_what_it_must_say(toy, model, key):
    path = toy.root / "dbt_project/target/manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["nodes"][f"model.toy.{model}"]["config"]["meta"]["asof"][key]
    path.write_text(json.dumps(manifest))
    with pytest.raises(ProjectError, match=f"dbt model {model} does not say its {key}; add {key}: ... to meta.asof"):
        toy.open().feature_view("toy_view")


@pytest.mark.parametrize("column", ["id", "asked_at", "label_known_at", "size"])
def test_a_view_that_lost_a_column(toy, column):
    toy.sql(f"alter table features.toy_view drop {column}")
    with pytest.raises(
        DataError, match=f"feature view toy_view: it has no column '{column}', which its spine or label"
    ):
        toy.open().feature_view("toy_view")


def test_a_time_without_a_zone(toy):
    toy.sql("alter table features.toy_view alter asked_at type timestamp")
    with pytest.raises(
        DataError, match=r"its time 'asked_at' is timestamp\(6\), .* asked_at at time zone 'UTC' as asked_at"
    ):
        toy.open().feature_view("toy_view")


def test_a_key_that_holds_the_moment(toy):
    toy.edit("dbt_project/target/manifest.json", '"key": ["id"]', '"key": ["id", "asked_at"]')
    view = toy.open().feature_view("toy_view")
    assert view.identity == ["id", "asked_at"]
    view.refuse_bad_keys(view.table)


def test_a_key_of_any_name(toy):
    toy.sql("alter table features.toy_view rename id to copies")
    toy.edit("dbt_project/target/manifest.json", '"key": ["id"]', '"key": ["copies"]')
    view = toy.open().feature_view("toy_view")
    view.refuse_bad_keys(view.table)


def test_a_key_that_is_text(toy):
    toy.edit("dbt_project/target/manifest.json", '"key": ["id"]', '"key": "id"')
    with pytest.raises(
        ProjectError, match=r"dbt model toy_spine: expected a list as its key, got 'id'; write key: \[id\]"
    ):
        toy.open().feature_view("toy_view")

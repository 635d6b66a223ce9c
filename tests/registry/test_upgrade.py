"""A registry that an older asof made: read as it is, and given the new columns by the next write."""

import dataclasses
from datetime import timedelta

import duckdb
import pytest
from toy import FIRST, write_toy_project

from asof import make_report, predict, promote, reproduce, train
from asof.errors import NotBuiltError, RegistryError
from asof.registry.rows import ROWS
from asof.registry.status import status

DAY_78, DAY_80, DAY_81 = (FIRST + timedelta(days=days) for days in (78, 80, 81))

# The tables as an asof before 0.2 made them, without their later columns; it counted no migrations.
LATER = {
    "training_runs": ("unlabelled_rows", "query", "content_hash"),
    "metrics": ("linear_value", "low", "high", "small"),
    "model_versions": ("classes", "content_hash", "estimator_sha256", "staleness", "frozen_table", "parity"),
    "model_features": ("importance_metric", "importance", "importance_spread", "importance_dropped"),
    "alias_events": ("forced",),
    "prediction_runs": (
        "cause",
        "backfill",
        "rescored",
        "built_up_to",
        "changed_rows",
        "threshold",
        "policy_sha256",
        "files",
    ),
}
VIEW_BUILDS = """
    create table ml.view_builds (
        view varchar not null, built_up_to timestamptz not null, built_at timestamptz not null,
        invocation_id varchar not null, primary key (view, invocation_id)
    );
    insert into ml.view_builds values ('toy_view', '2024-03-21', '2024-03-21', 'a');
"""


@pytest.fixture
def old(toy):
    """A registry and predictions as the version before wrote them."""
    train("size", toy.open(DAY_80))
    promote("size", project=toy.open(DAY_80))
    predict("size", toy.open(DAY_80))
    with duckdb.connect(str(toy.root / "toy.duckdb")) as warehouse:
        warehouse.execute("alter table predictions.size rename features_hash to fingerprint; use ml")
        for table, columns in LATER.items():
            # a table with a key cannot lose columns: it is made again
            warehouse.execute(f"create table kept as select * exclude ({', '.join(columns)}) from {table}")
            warehouse.execute(f"drop table {table}")
            warehouse.execute(f"alter table kept rename to {table}")
        for table in ("curves", "backtests", "trials", "tuning_runs", "migrations"):
            warehouse.execute(f"drop table {table}")
    toy.sql(VIEW_BUILDS)
    return toy


def test_it_can_be_read(old):
    (version,) = status(old.open())
    assert (version.version, version.aliases) == (1, ["champion"])
    assert "size version 1" in make_report("size", 1, old.open()).html


def test_aliases_can_be_moved(old):
    promote("size", 1, old.open(DAY_80), alias="challenger")
    assert old.sql("select alias, forced from ml.alias_events order by event_id") == [
        ("champion", None),
        ("challenger", False),
    ]


def test_it_can_be_written_to(old):
    assert train("size", old.open()).version == 2
    assert old.sql("select version, content_hash is null from ml.model_versions order by 1") == [(1, True), (2, False)]


def test_its_predictions_are_upgraded_in_place(old):
    """Rows keep their hashes under the new name, are told from changed ones by them, and new rows stand beside them."""
    before = old.sql("select id, fingerprint from predictions.size order by id")
    assert len(before) == 4
    old.sql("drop table ml.view_builds")
    old.record_build(DAY_81, at=DAY_81)
    old.sql("update features.toy_view set amount = amount + 1 where id = 158")
    result = predict("size", old.open(DAY_81), window_from=DAY_78)
    assert (result.scored_rows, result.changed_rows) == (2, 1)
    assert old.sql("select id, features_hash from predictions.size where id <= 160 order by id") == before
    assert old.sql("select count(*), count(features_hash) from predictions.size") == [(6, 6)]


def test_predictions_in_another_schema_are_upgraded_when_they_are_written_to(old):
    """One registry may serve two schemas of predictions; a table is brought up to date with its own next rows."""
    old.sql("create schema elsewhere; create table elsewhere.size as from predictions.size; drop table ml.view_builds")
    old.record_build(DAY_81)
    predict("size", old.open(DAY_81))
    old.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: toy\nvars: {asof_predictions_schema: elsewhere}")
    assert predict("size", old.open(DAY_81)).scored_rows == 2
    assert old.sql("select count(*), count(features_hash) from elsewhere.size") == [(6, 6)]


def test_a_build_on_record_from_before_counts(old):
    """The view's name was in a column of another name."""
    with pytest.raises(NotBuiltError, match=r"it was last built up to 2024-03-21 00:00 UTC"):
        predict("size", old.open(DAY_81))


def test_an_upgraded_registry_has_the_columns_of_a_new_one(old, tmp_path):
    promote("size", 1, old.open(DAY_80), alias="challenger")
    columns = (
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'ml' "
        "and table_name not in ('view_builds') order by all"
    )
    fresh = write_toy_project(tmp_path / "fresh")
    train("size", fresh.open())
    assert old.sql(columns) == fresh.sql(columns)
    assert old.sql("select number, name from ml.migrations order by 1") == [(1, "later columns"), (2, "pinned columns")]


def test_a_migration_is_applied_once(old):
    promote("size", 1, old.open(DAY_80), alias="challenger")
    applied = old.sql("select number, applied_at from ml.migrations")
    train("size", old.open())
    assert old.sql("select number, applied_at from ml.migrations") == applied


def test_rows_are_the_tables_columns(toy):
    train("size", toy.open())
    for kind in ROWS:
        columns = toy.sql(f"select name, \"notnull\" from pragma_table_info('ml.{kind.TABLE}')")
        may_be_none = {field.name for field in dataclasses.fields(kind) if "None" in str(field.type)}
        assert {name for name, _ in columns} == {field.name for field in dataclasses.fields(kind)}
        assert {name for name, required in columns if not required} == may_be_none - {"artifact"}


def test_a_spec_that_today_s_rules_refuse(toy):
    """It can still be predicted with and be a rival; what needs the whole spec says why it cannot."""
    train("size", toy.open())
    promote("size", project=toy.open())
    toy.sql('update ml.model_versions set spec = json_merge_patch(spec, \'{"slices": ["all"], "olden": 1}\')')
    assert predict("size", toy.open()).scored_rows == 3
    assert {m.champion_value for m in train("size", toy.open()).measurements if m.split == "test"} != {None}
    told = "size version 1 has a spec of an asof with other rules .*olden Extra inputs are not permitted"
    for use in (make_report, reproduce):
        with pytest.raises(RegistryError, match=told):
            use("size", 1, toy.open())

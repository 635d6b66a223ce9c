"""A registry that an older asof made: read as it is, and given the new columns by the next write."""

import duckdb
import pytest

from asof import make_report, predict, promote, reproduce, train
from asof.errors import RegistryError
from asof.registry.overview import overview

# The tables as they were before runs recorded the hash of their rows, and versions their classes.
LATER = {
    "training_runs": ("unlabelled_rows", "query", "content_hash"),
    "metrics": ("linear_value", "low", "high", "small"),
    "model_versions": ("classes", "content_hash", "estimator_sha256", "frozen_table"),
    "model_features": ("importance_metric", "importance", "importance_spread", "importance_dropped"),
    "alias_events": ("forced",),
}


@pytest.fixture
def old(toy):
    train("size", toy.open())
    promote(toy.open(), "size")
    with duckdb.connect(str(toy.root / "toy.duckdb")) as warehouse:
        warehouse.execute("use ml")
        for table, columns in LATER.items():
            # a table with a key cannot lose columns: it is made anew
            warehouse.execute(f"create table kept as select * exclude ({', '.join(columns)}) from {table}")
            warehouse.execute(f"drop table {table}")
            warehouse.execute(f"alter table kept rename to {table}")
        for table in ("curves", "backtests", "trials", "tuning_runs"):
            warehouse.execute(f"drop table {table}")
    return toy


def test_it_can_be_read(old):
    (version,) = overview(old.open())
    assert (version.version, version.aliases) == (1, ["champion"])
    assert "size version 1" in make_report("size", 1, old.open()).html


def test_aliases_can_be_moved(old):
    promote(old.open(), "size", 1, alias="challenger")
    assert old.sql("select alias, forced from ml.alias_events order by event_id") == [
        ("champion", None),
        ("challenger", False),
    ]


def test_it_can_be_written_to(old):
    assert predict("size", old.open()).scored_rows == 3
    assert train("size", old.open()).version == 2
    assert old.sql("select version, content_hash is null from ml.model_versions order by 1") == [(1, True), (2, False)]


def test_a_spec_that_today_s_rules_refuse(toy):
    """It can still be predicted with and be a rival; what needs the whole spec says why it cannot."""
    train("size", toy.open())
    promote(toy.open(), "size")
    toy.sql('update ml.model_versions set spec = json_merge_patch(spec, \'{"slices": ["all"], "olden": 1}\')')
    assert predict("size", toy.open()).scored_rows == 3
    assert {m.champion_value for m in train("size", toy.open()).measurements if m.split == "test"} != {None}
    told = "size version 1 has a spec of an asof with other rules .*olden Extra inputs are not permitted"
    for use in (make_report, reproduce):
        with pytest.raises(RegistryError, match=told):
            use("size", 1, toy.open())

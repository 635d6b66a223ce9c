"""`asof.reproduce`: what comes out again, what is said when it does not, and rows that were frozen."""

from datetime import timedelta

import pytest
from toy import NOW

from asof import reproduce, train
from asof.errors import DataError, RegistryError
from asof.registry.store import Registry


def test_a_version_comes_out_again_to_the_last_digit(toy):
    result = train("big", toy.open())
    toy.sql("create or replace table features.toy_view as from features.toy_view order by hash(id)")
    later = reproduce("big", 1, toy.open(NOW + timedelta(days=30)))
    assert later.agrees
    assert later.content_hash == result.content_hash
    assert (later.rows, later.changes, later.frozen) == ((136, 20, 40), [], False)
    assert [(m.split, m.metric, m.now) for m in later.metrics] == [
        ("test", "log_loss", result.metric("log_loss")),
        ("test", "roc_auc", result.metric("roc_auc")),
        ("validation", "log_loss", result.metric("log_loss", "validation")),
        ("validation", "roc_auc", result.metric("roc_auc", "validation")),
    ]
    assert toy.sql("select count(*) from ml.training_runs") == [(1,)]


def test_rows_of_later_do_not_change_it(toy):
    train("big", toy.open())
    toy.sql(
        "insert into features.toy_view select id + 200, asked_at + interval 100 days, amount, weight, colour, is_even, "
        "is_big, size, label_known_at + interval 100 days from features.toy_view"
    )
    toy.sql("alter table features.toy_view add column later integer default 7")
    assert reproduce("big", 1, toy.open(NOW + timedelta(days=100))).agrees


def test_an_outcome_that_was_corrected_since(toy):
    """Both words and their times are there: what was learned from is the word of then."""
    toy.sql(
        "create table features.toy_label as select id, is_big, size, label_known_at as measured_at from features.toy_view"
    )
    train("big", toy.open())
    toy.record_build(NOW)
    day = timedelta(days=1)
    for number in (20, 100, 150):
        toy.sql(
            "insert into features.toy_label select id, not is_big, size + 1000, ?::timestamptz from features.toy_view where id = ?",
            [NOW + day, number],
        )
        toy.sql(
            "update features.toy_view set is_big = not is_big, size = size + 1000, label_known_at = ? where id = ?",
            [NOW + day, number],
        )
    toy.record_build(NOW + 2 * day)
    again = reproduce("big", 1, toy.open(NOW + 2 * day))
    assert (again.agrees, again.rows) == (True, (136, 20, 40))
    with toy.open(NOW + 2 * day).warehouse(read_only=True) as warehouse:
        view = toy.open(NOW + 2 * day).view_in(warehouse, "toy_view")
        for moment, size in ((NOW, 100 * 37 % 100 + 100 % 7 * 10), (NOW + day, 1000 + 100 * 37 % 100 + 100 % 7 * 10)):
            rows = view.as_known_by(moment).table
            assert rows.columns == view.table.columns
            (found,) = rows.filter(rows.id == 100).to_pyarrow().to_pylist()
            assert found["size"] == size
            assert rows.count().to_pyarrow().as_py() == 200


def test_a_cell_that_was_rewritten(toy):
    train("big", toy.open())
    toy.sql("update features.toy_view set amount = 100 - amount where id < 60")
    found = reproduce("big", 1, toy.open())
    assert (found.rows_agree, found.metrics_agree, found.agrees) == (False, False, False)
    assert found.rows == found.recorded_rows == (136, 20, 40)
    assert {m.metric for m in found.metrics if not m.agrees} == {"roc_auc", "log_loss"}


def test_an_estimator_that_was_rewritten(toy):
    train("big", toy.open())
    toy.edit("training/toy.py", "max_iter=2000", "max_iter=2000, C=0.01")
    found = reproduce("big", 1, toy.open())
    assert (found.rows_agree, found.metrics_agree) == (True, False)
    assert found.changes == ["the file of training/toy.py:classify is not the one that the version was built with"]


def test_the_spec_of_then_counts(toy):
    train("big", toy.open())
    toy.edit("models/big.yml", "validation: 10 days", "validation: 5 days")
    assert reproduce("big", 1, toy.open()).agrees


def test_frozen_rows_outlive_their_view(toy):
    toy.edit("models/big.yml", "split:", "freeze: true\nsplit:")
    train("big", toy.open())
    assert toy.sql("select frozen_table from ml.model_versions") == [("ml.training_set_big_1",)]
    assert toy.sql("select asof_split, count(*) from ml.training_set_big_1 group by 1 order by 1") == [
        ("test", 40),
        ("train", 136),
        ("unused", 4),
        ("validation", 20),
    ]
    toy.sql("update features.toy_view set amount = 0, is_big = id < 100")
    found = reproduce("big", 1, toy.open())
    assert (found.agrees, found.frozen) == (True, True)
    toy.sql("update ml.training_set_big_1 set amount = 0 where id = 3")
    assert not reproduce("big", 1, toy.open()).rows_agree


def test_rows_that_change_while_they_are_trained_on_are_not_frozen(toy, monkeypatch):
    toy.edit("models/big.yml", "split:", "freeze: true\nsplit:")
    migrate = Registry.migrate

    def rebuilt(self):
        migrate(self)
        self.warehouse.execute("update features.toy_view set weight = 1 where id = 1")

    monkeypatch.setattr(Registry, "migrate", rebuilt)
    with pytest.raises(DataError, match="its rows changed while the model was trained, so that they cannot be frozen"):
        train("big", toy.open())
    monkeypatch.undo()
    assert toy.sql("select count(*) from ml.model_versions") == [(0,)]
    assert toy.sql("select count(*) from duckdb_tables() where table_name like 'training_set%'") == [(0,)]


def test_what_the_registry_keeps_gives_the_rows(toy):
    """The recorded query, run by hand."""
    train("big", toy.open())
    ((query, unlabelled, content),) = toy.sql("select query, unlabelled_rows, content_hash from ml.training_runs")
    assert toy.sql(f"select asof_split, count(*) from ({query}) group by 1 order by 1") == [
        ("test", 40),
        ("train", 136),
        ("validation", 20),
    ]
    assert unlabelled == 0
    assert toy.sql("select content_hash from ml.model_versions") == [(content,)]


def test_no_such_version(toy):
    train("big", toy.open())
    with pytest.raises(RegistryError, match="model big has no version 7"):
        reproduce("big", 7, toy.open())
    toy.sql("update ml.model_versions set content_hash = null")
    with pytest.raises(RegistryError, match="version 1 was registered by an older asof, which did not record the hash"):
        reproduce("big", 1, toy.open())


def test_the_order_of_the_view_s_columns_does_not_matter(toy):
    train("big", toy.open())
    toy.sql(
        "create or replace table features.toy_view as select is_even, colour, weight, amount, * exclude (is_even, colour, "
        "weight, amount) from features.toy_view"
    )
    assert reproduce("big", 1, toy.open()).agrees


def test_frozen_rows_outlive_a_column(toy):
    toy.edit("models/big.yml", "split:", "freeze: true\nsplit:")
    train("big", toy.open())
    toy.sql("alter table features.toy_view drop column weight")
    assert reproduce("big", 1, toy.open()).agrees


def test_a_column_that_is_gone(toy):
    train("big", toy.open())
    toy.sql("alter table features.toy_view drop column weight")
    with pytest.raises(DataError, match="big version 1: the column 'weight' that the version was trained on is gone"):
        reproduce("big", 1, toy.open())


def test_a_version_of_later(toy):
    train("big", toy.open())
    with pytest.raises(RegistryError, match="model big has no version 1 by 2024-04-09 00:00 UTC"):
        reproduce("big", 1, toy.open(NOW - timedelta(days=1)))

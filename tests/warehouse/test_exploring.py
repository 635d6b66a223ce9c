"""Exploring a feature view in the process that also trains, as a notebook does."""

import gc

import asof


def test_a_view_is_explored_before_and_after_training(toy):
    view = toy.open().feature_view("toy_view")
    assert view.table.count().to_pyarrow().as_py() == 200
    asof.train("big", toy.open())
    asof.promote("big", project=toy.open())
    assert view.table.count().to_pyarrow().as_py() == 200
    assert toy.open().feature_view("toy_view").table.filter(view.table.id < 5).count().to_pyarrow().as_py() == 5


def test_the_warehouse_is_free_again_when_the_view_is_forgotten(toy):
    view = toy.open().feature_view("toy_view")
    assert view.table.columns[0] == "id"
    del view
    gc.collect()
    toy.sql("create table written (n integer)")

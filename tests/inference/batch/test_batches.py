"""Rows that pass through Python in batches: the same rows, of the same types, in order, with what was computed beside them."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from toy import FIRST

from asof import predict, promote, train
from asof.inference.batch.batches import ROWS_AT_ONCE, Batches, Computed

DAY_80 = FIRST + timedelta(days=80)
ROWS = 3 * ROWS_AT_ONCE + 17


def doubled(columns):
    return pc.multiply(columns[0], 2)


def test_each_row_once_in_its_order_with_its_own_value(toy):
    batches = Batches(["n"], [Computed("twice", pa.int64(), doubled)])
    with (
        toy.open().warehouse() as warehouse,
        batches.readable(warehouse, f"select range as n, range::varchar as t from range({ROWS})", "found"),
    ):
        warehouse.execute("create temporary table kept as select *, row_number() over () as place from found")
        expected = {"rows": ROWS, "different": ROWS, "right": ROWS, "first": 0, "last": ROWS - 1}
        assert warehouse.rows(
            "select count(*) as rows, count(distinct n) as different, "
            "count(*) filter (twice = 2 * n and t = n::varchar and place = n + 1) as right, min(n) as first, max(n) as last "
            "from kept"
        ) == [expected]


def test_every_type_of_duckdb_comes_back_as_it_was(toy):
    with toy.open().warehouse() as warehouse:
        sql = "select *, row_number() over () as n from test_all_types()"
        warehouse.execute(f"create temporary table every as {sql}")
        types = {row["column_name"]: row["column_type"] for row in warehouse.rows("describe every")}
        typed = ", ".join(f'"{name}"::{kind} as "{name}"' for name, kind in types.items())
        batches = Batches(["n"], [Computed("twice", pa.int64(), doubled)])
        with batches.readable(warehouse, sql, "found"):
            warehouse.execute(f"create temporary table back as select {typed} from found")
        assert {row["column_name"]: row["column_type"] for row in warehouse.rows("describe back")} == types
        for name in types:
            same = f'hash(a."{name}") = hash(b."{name}") and a."{name}" is not distinct from b."{name}"'
            assert warehouse.value(f"select bool_and({same}) as same from every as a join back as b using (n)"), name


def test_the_error_of_a_computation_is_the_one_that_is_raised(toy):
    def fails(columns):
        raise LookupError(f"batch of {len(columns[0])}")

    batches = Batches(["n"], [Computed("twice", pa.int64(), fails)])
    with toy.open().warehouse() as warehouse:
        with (
            pytest.raises(LookupError, match="batch of 5"),
            batches.readable(warehouse, "select range as n from range(5)", "found"),
        ):
            warehouse.rows("select * from found")
        assert warehouse.rows("select 1 as one") == [{"one": 1}]


def test_a_key_of_a_type_that_arrow_does_not_know(toy):
    toy.sql(
        "alter table features.toy_view alter id type hugeint using id::hugeint + 170141183460469231731687303715884105000"
    )
    train("big", toy.open(DAY_80))
    promote("big", project=toy.open(DAY_80))
    predict("big", toy.open(DAY_80))
    kept = toy.sql("select typeof(id), id::varchar from predictions.big order by id limit 1")
    assert kept == [("HUGEINT", "170141183460469231731687303715884105157")]

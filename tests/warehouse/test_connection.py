"""The warehouse as a file: missing, locked by another process, and written in transactions or not at all."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pyarrow as pa
import pytest

from asof.errors import WarehouseError, WarehouseLockedError
from asof.warehouse.sql import quoted

HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def held_by_another_process(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.stdin.close()
        holder.wait(timeout=30)
        holder.stdout.close()


def test_waits_for_the_lock_and_names_its_holder(toy):
    with held_by_another_process(toy.root / "toy.duckdb") as holder:
        began = time.monotonic()
        with pytest.raises(WarehouseLockedError) as caught, toy.open(wait=1.0).warehouse():
            pass
        assert 1.0 <= time.monotonic() - began < 10
        message = str(caught.value)
        assert f"(process {holder.pid}) and was not released within 1 seconds" in message
        assert "wait longer with --wait SECONDS" in message


def test_goes_on_as_soon_as_the_lock_is_free(toy, caplog):
    with held_by_another_process(toy.root / "toy.duckdb") as holder:
        letting_go = threading.Timer(1.0, holder.stdin.close)
        letting_go.start()
        with toy.open(wait=60).warehouse() as warehouse:
            assert warehouse.has_table("features", "toy_view")
        letting_go.join()
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("waiting for the warehouse, which is held by ")
    assert caplog.messages[0].endswith(f"(process {holder.pid})")


def test_a_warehouse_that_is_not_there(toy):
    (toy.root / "toy.duckdb").unlink()
    with pytest.raises(WarehouseError, match="does not exist; load the raw tables, then run: dbt build"):
        toy.open().feature_view("toy_view")
    with toy.open().warehouse(create=True) as warehouse:
        assert not warehouse.has_table("features", "toy_view")


def test_a_file_that_is_no_warehouse(toy):
    (toy.root / "toy.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(WarehouseError, match=r"cannot be opened: .*not a valid DuckDB database file"):
        toy.open().feature_view("toy_view")


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt])
def test_a_transaction_writes_everything_or_nothing(toy, interruption):
    with toy.open().warehouse() as warehouse:
        warehouse.execute("create table written (n integer)")
        with pytest.raises(interruption), warehouse.transaction():
            warehouse.insert("main", "written", [{"n": 1}, {"n": 2}])
            raise interruption
        assert warehouse.rows("select * from written") == []
        with warehouse.transaction():
            warehouse.insert("main", "written", [{"n": 1}, {"n": 2}])
        assert warehouse.rows("select sum(n) as total from written") == [{"total": 3}]


def test_names_are_quoted_and_values_bound(toy):
    assert quoted('my "schema"', "table") == '"my ""schema"""."table"'
    with toy.open().warehouse() as warehouse:
        warehouse.execute(f'create table {quoted("a b")} ("c""d" varchar)')
        warehouse.insert("main", "a b", [{'c"d': "'; drop table x; --"}])
        assert warehouse.rows(f"select * from {quoted('a b')}") == [{'c"d': "'; drop table x; --"}]


def test_an_arrow_table_is_there_for_as_long_as_the_block(toy):
    with toy.open().warehouse() as warehouse:
        with warehouse.named_arrow("here", pa.table({"n": [1, 2]})):
            assert warehouse.rows("select sum(n) as total from here") == [{"total": 3}]
        with pytest.raises(Exception, match="here does not exist"):
            warehouse.rows("select * from here")


def test_the_session_is_utc(toy):
    toy.edit("profiles.yml", "path: toy.duckdb", "path: toy.duckdb, settings: {TimeZone: America/New_York}")
    with toy.open().warehouse() as warehouse:
        assert warehouse.rows("select current_setting('TimeZone') as zone") == [{"zone": "UTC"}]


def test_settings_of_the_profile_hold(toy):
    toy.edit("profiles.yml", "path: toy.duckdb", "path: toy.duckdb, settings: {max_expression_depth: 77}")
    with toy.open().warehouse() as warehouse:
        assert warehouse.rows("select current_setting('max_expression_depth') as depth") == [{"depth": 77}]

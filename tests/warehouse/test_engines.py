"""What asof asks of an engine, asked of DuckDB and of a PostgreSQL server: the same answers to the same calls."""

from datetime import UTC, datetime

import pytest

from asof.dbt_files.profiles import Target
from asof.errors import DuplicateRowError, ExpressionError, ProfileError, WarehouseError
from asof.warehouse.connection import open_warehouse
from asof.warehouse.postgres import PostgresWarehouse

AT = datetime(2024, 3, 20, 12, 30, 0, 123456, tzinfo=UTC)
ROWS = [
    {"id": 1, "name": 'Ann\'s "x"', "amount": 2.5, "told_at": AT},
    {"id": 2, "name": None, "amount": None, "told_at": AT},
    {"id": 3, "name": "100 % ?", "amount": -0.125, "told_at": AT},
]


def duckdb_target(tmp_path) -> Target:
    settings = {"path": str(tmp_path / "some.duckdb"), "settings": {}, "config_options": {}}
    return Target("some", "dev", "duckdb", tmp_path / "profiles.yml", tmp_path, settings)


@pytest.fixture(params=["duckdb", "postgres"])
def engine(request, tmp_path):
    if request.param == "duckdb":
        with open_warehouse(duckdb_target(tmp_path), create=True) as warehouse:
            yield warehouse
        return
    server = request.getfixturevalue("server")
    settings = {"host": "127.0.0.1", "port": server.port, "user": "asof", "dbname": "rule"}
    target = Target("some", "pg", "postgres", tmp_path / "profiles.yml", tmp_path, settings)
    with PostgresWarehouse.open(target) as warehouse:
        warehouse.execute("drop schema if exists seam cascade")
        yield warehouse


@pytest.fixture
def filled(engine):
    engine.execute(f"create schema {engine.qualified('seam')}")
    table = engine.qualified("seam", "Odd name")
    types = f"id bigint primary key, name varchar, amount double precision, told_at {engine.instant_type}"
    engine.execute(f"create table {table} ({types})")
    engine.insert("seam", "Odd name", ROWS)
    return engine


def source(engine) -> str:
    return engine.qualified("seam", "Odd name")


def test_rows_come_back_as_they_went(filled):
    assert filled.rows(f"select * from {source(filled)} order by id") == ROWS
    assert filled.rows(f"select id from {source(filled)} where name = ?", ["100 % ?"]) == [{"id": 3}]
    assert filled.columns("seam", "Odd name") == ["id", "name", "amount", "told_at"]
    assert (filled.has_table("seam", "Odd name"), filled.has_table("seam", "odd")) == (True, False)
    assert filled.columns("seam", "odd") == []


def test_marks_in_names_and_text_are_no_parameters(filled):
    found = filled.rows(f"select name as \"a ? %\", '?' as mark, 7 % 4 as rest from {source(filled)} where id = ?", [3])
    assert found == [{"a ? %": "100 % ?", "mark": "?", "rest": 3}]


def test_arrow_in_batches(filled):
    with filled.read(f"select * from {source(filled)} order by id", 2) as reader:
        table = reader.read_all()
    assert table.to_pylist() == ROWS
    assert [str(field.type).split(",")[0].split("[")[0] for field in table.schema] == [
        "int64",
        "string",
        "double",
        "timestamp",
    ]
    assert str(table.schema.field("told_at").type) == "timestamp[us, tz=UTC]"


def test_a_transaction_is_written_whole_or_not(filled):
    with pytest.raises(KeyboardInterrupt), filled.transaction():
        filled.insert("seam", "Odd name", [{"id": 4, "name": "x", "amount": 1.0, "told_at": AT}])
        raise KeyboardInterrupt
    with filled.transaction():
        filled.insert("seam", "Odd name", [{"id": 5, "name": "y", "amount": 1.0, "told_at": AT}])
    assert [row["id"] for row in filled.rows(f"select id from {source(filled)} order by id")] == [1, 2, 3, 5]


def test_hashes_tell_rows_apart(filled):
    """Equal values have one hash, NULL is a value, and the order counts."""
    sql = "select {} as hash from (select 'a' as x, 'b' as y, cast(null as varchar) as z) as one"
    both, again, swapped, null, other = (
        filled.rows(sql.format(filled.hash_of(columns)))[0]["hash"]
        for columns in (["x", "y"], ["'a'", "'b'"], ["y", "x"], ["x", "z"], ["x", "''"])
    )
    assert both == again
    assert len({both, swapped, null, other}) == 4


def test_what_an_engine_raises(filled):
    with pytest.raises(DuplicateRowError), filled.translating_errors():
        filled.insert("seam", "Odd name", [ROWS[0]])
    with pytest.raises(ExpressionError), filled.translating_errors():
        filled.rows("select cast(name as integer) from (values ('x')) as made(name)")
    with pytest.raises(WarehouseError, match="refuses"), filled.translating_errors():
        filled.rows("select * from no_such_table")
    assert filled.rows("select 1 as one") == [{"one": 1}], "and it goes on"


def test_a_target_of_another_engine(tmp_path):
    with pytest.raises(ProfileError, match="target 'dev' is of type duckdb, expected postgres"):
        PostgresWarehouse.open(duckdb_target(tmp_path))


def test_a_server_that_is_not_there(tmp_path):
    settings = {"host": "127.0.0.1", "port": 1, "user": "asof", "dbname": "rule"}
    target = Target("some", "pg", "postgres", tmp_path / "profiles.yml", tmp_path, settings)
    with pytest.raises(WarehouseError, match="target 'pg' of .* cannot be reached"):
        PostgresWarehouse.open(target)


def test_both_are_engines(engine):
    """For a type checker `Engine` is a protocol; here its members are there by name."""
    from asof.warehouse.engine import Engine  # noqa: PLC0415

    wanted = {name for name in vars(Engine) if not name.startswith("_")}
    assert {name for name in wanted if not hasattr(engine, name)} == set()

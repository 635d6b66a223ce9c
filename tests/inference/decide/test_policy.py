"""The decision policy: one row of decision for each score, or a clear refusal with nothing written."""

import os
import signal
import threading

import pytest
from toy import FIRST, NOW

from asof import predict, promote, train
from asof.errors import SpecError
from asof.inference.batch import execute
from asof.warehouse.connection import Warehouse


@pytest.fixture
def with_policy(toy):
    toy.edit("models/big.yml", "window: 2 days", "window: 2 days, policy: inference/big.sql")
    policy = toy.root / "inference/big.sql"
    policy.parent.mkdir()
    policy.write_text("not read in training")
    train("big", toy.open())
    promote("big", project=toy.open())

    def write(sql):
        policy.write_text(sql)
        return toy

    return write


def test_decides_by_the_score(with_policy):
    toy = with_policy("select id, as_of, case when score > 0.5 then 'act' else 'wait' end as decision from scored;\n")
    predict("big", toy.open())
    rows = toy.sql("select score, decision from predictions.big")
    assert len(rows) == 3
    assert all(decision == ("act" if score > 0.5 else "wait") for score, decision in rows)


@pytest.mark.parametrize(
    ("sql", "alone"),
    [
        ("select id, as_of, case when score > 0.5 then 'act' else 'wait' end as decision from scored", True),
        (
            "select *, case when s.features.amount > 40 and not s.prediction then 'a' end as decision from scored as s",
            True,
        ),
        ("select ID, as_of, features.colour as Decision from scored", True),
        (
            "select id, as_of, 2 * score as twice, case when twice > 1 then 'act' else 'wait' end as decision from scored",
            False,
        ),
        ("select id, as_of, case when score >= max(score) over () then 'act' end as decision from scored", False),
        (
            "select id, as_of, case when score > (select avg(score) from scored) then 'act' end as decision from scored",
            False,
        ),
        ("select id, as_of, 'x' as decision from scored where true", False),
        ("select id, as_of, 'x' as decision from scored order by score limit 1000", False),
        ("select distinct id, as_of, 'x' as decision from scored", False),
        ("select id, as_of, 'x' as decision from scored using sample 100%", False),
        ("select id, as_of, 'x' as decision from (from scored)", False),
        ("select id, as_of, unnest(['x']) as decision from scored", False),
        ("with scored as (from scored) select id, as_of, 'x' as decision from scored", False),
    ],
)
def test_worked_out_with_the_row_or_over_all_rows_it_is_the_same(with_policy, monkeypatch, sql, alone):
    """A policy that looks at its own row alone is put into the INSERT; the decisions are those that its SELECT returns."""
    toy = with_policy(sql)
    told = []
    original = execute.decision_of_one_row
    monkeypatch.setattr(execute, "decision_of_one_row", lambda *given: told.append(original(*given)) or told[-1])
    predict("big", toy.open(), window_from=FIRST)
    by_row = toy.sql("select id, decision from predictions.big order by id")
    assert [found is not None for found in told] == [alone]
    monkeypatch.setattr(execute, "decision_of_one_row", lambda *_: None)
    predict("big", toy.open(), window_from=FIRST, again=True)
    assert toy.sql("select id, decision from predictions.big order by id") == by_row
    assert len(by_row) == 199


def test_ctrl_c_in_a_query(with_policy, monkeypatch):
    """DuckDB makes a RuntimeError of the signal. The query would take a minute; the signal comes when it has begun."""
    toy = with_policy(
        "select id, as_of, (select count(*) from range(10000000000) as r where hash(r.range) % 7 = 1) as decision from scored"
    )
    execute = Warehouse.execute

    def signalled(self, sql, *arguments):
        if "temporary table asof_decided" in sql:
            threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
        execute(self, sql, *arguments)

    monkeypatch.setattr(Warehouse, "execute", signalled)
    with pytest.raises(KeyboardInterrupt):
        predict("big", toy.open())
    assert toy.sql("select status, scored_rows, error from ml.prediction_runs") == [
        ("failed", None, "KeyboardInterrupt")
    ]
    assert toy.sql("select count(*) from information_schema.tables where table_schema = 'predictions'") == [(0,)]


def test_reads_tables_of_the_warehouse(with_policy):
    toy = with_policy(
        "select s.id, s.as_of, l.says as decision from scored as s join limits as l on s.score >= l.least"
    )
    toy.sql("create table limits as select 0.0 as least, 'always' as says")
    predict("big", toy.open())
    assert toy.sql("select distinct decision from predictions.big") == [("always",)]


def test_names_in_any_case(with_policy):
    toy = with_policy("select scored.ID as Id, AS_OF, 'act' as DECISION from scored")
    predict("big", toy.open())
    assert toy.sql("select distinct decision from predictions.big") == [("act",)]


def test_a_policy_may_begin_with_a_semicolon(with_policy):
    toy = with_policy("-- first\n;\nselect id, as_of, 'a' as decision from scored")
    predict("big", toy.open())
    assert toy.sql("select distinct decision from predictions.big") == [("a",)]


def test_a_policy_that_is_no_text(with_policy):
    toy = with_policy("")
    (toy.root / "inference/big.sql").write_bytes("select 'früh' as decision from scored".encode("latin-1"))
    with pytest.raises(SpecError, match=r"policy inference/big.sql: .*big.sql is not text in UTF-8 \(byte 10\)"):
        predict("big", toy.open())
    assert toy.sql("select cause from ml.prediction_runs") == [("policy",)]


@pytest.mark.parametrize(
    "ending", ["", ";", " -- the end", ";\n-- the end", " /* the end */;", " -- one; two", ";;"], ids=range(7)
)
def test_a_policy_may_end_in_any_way(with_policy, ending):
    toy = with_policy("select id, as_of, 'a;b' as decision from scored" + ending)
    predict("big", toy.open())
    assert toy.sql("select distinct decision from predictions.big") == [("a;b",)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select id, as_of from scored", "its SELECT does not return decision"),
        ("select id, 'x' as decision from scored", "its SELECT does not return as_of"),
        (
            "select id, as_of, 'x' as decision from scored where id > 197",
            "returns 2 rows for 3 scores, 2 of them with the id, as_of of a score; expected one for each",
        ),
        ("select id, as_of, 'x' as decision from scored, range(2)", "returns 6 rows for 3 scores, 3 of them with"),
        ("select id + 1 as id, as_of, 'x' as decision from scored", "returns 3 rows for 3 scores, 0 of them with"),
        (
            "select id, date_trunc('day', as_of) as as_of, 'x' as decision from scored",
            "returns 3 rows for 3 scores, 1 of them with",
        ),
        ("select id, as_of, cast('x' as integer) as decision from scored", "fails: Conversion Error"),
        ("select id, as_of, 'x as decision from scored", "is not valid SQL"),
        ("delete from predictions.big", "expected one SELECT from scored, got DELETE"),
        ("select 1; select 2", "expected one SELECT from scored, got SELECT and SELECT"),
        ("select (id from scored", "is not valid SQL"),
        ("selec id", "got ALIAS"),
        ("", "expected one SELECT from scored, got nothing"),
        ("select id, as_of, 'x' as decision from scores", "fails: .*Table with name scores does not exist"),
    ],
)
def test_a_policy_that_does_not_fit(with_policy, sql, message):
    toy = with_policy(sql)
    with pytest.raises(SpecError, match=message) as caught:
        predict("big", toy.open(NOW))
    assert str(caught.value).startswith("policy inference/big.sql")
    assert toy.sql("select count(*) from information_schema.tables where table_schema = 'predictions'") == [(0,)]


def test_no_file(with_policy):
    toy = with_policy("")
    (toy.root / "inference/big.sql").unlink()
    for step in (train, predict):
        with pytest.raises(SpecError, match=r"models/big.yml: inference.policy: there is no file .*inference/big.sql"):
            step("big", toy.open())

"""The decision policy: one row of decision for each score, or a clear refusal with nothing written."""

import pytest
from toy import NOW

from asof import predict, promote, train
from asof.errors import SpecError


@pytest.fixture
def with_policy(toy):
    toy.edit("models/big.yml", "window: 2 days", "window: 2 days, policy: inference/big.sql")
    train("big", toy.open())
    promote(toy.open(), "big")

    def write(sql):
        (toy.root / "inference").mkdir(exist_ok=True)
        (toy.root / "inference/big.sql").write_text(sql)
        return toy

    return write


def test_decides_by_the_score(with_policy):
    toy = with_policy("select id, as_of, case when score > 0.5 then 'act' else 'wait' end as decision from scored;\n")
    predict("big", toy.open())
    rows = toy.sql("select score, decision from predictions.big")
    assert len(rows) == 3
    assert all(decision == ("act" if score > 0.5 else "wait") for score, decision in rows)


def test_reads_tables_of_the_warehouse(with_policy):
    toy = with_policy(
        "select s.id, s.as_of, l.says as decision from scored as s join limits as l on s.score >= l.least"
    )
    toy.sql("create table limits as select 0.0 as least, 'always' as says")
    predict("big", toy.open())
    assert toy.sql("select distinct decision from predictions.big") == [("always",)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select id, as_of from scored", "its SELECT does not return decision"),
        ("select id, 'x' as decision from scored", "its SELECT does not return as_of"),
        (
            "select id, as_of, 'x' as decision from scored where id > 197",
            "returns 2 rows for 3 scores, expected one each",
        ),
        ("select id, as_of, 'x' as decision from scored, range(2)", "returns 6 rows for 3 scores, expected one each"),
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
    with pytest.raises(SpecError, match="policy inference/big.sql: there is no file"):
        predict("big", toy.open())

"""`asof compile` in a process of its own: SQL on stdout, refusals by name, exit codes."""

import json

import pytest
from toy import NOW

from asof import promote, train


def promote_big(toy):
    train("big", toy.open())
    promote("big", project=toy.open())


@pytest.fixture
def promoted(toy, prepared):
    prepared(promote_big)
    return toy


def test_the_sql_scores_what_predict_scores(promoted, run):
    """The toy's encoder gives sparse columns, which are made dense with the others."""
    assert run("predict", "big", "--now", NOW.isoformat()).returncode == 0
    done = run("compile", "big", "--now", NOW.isoformat())
    assert (done.returncode, done.stderr) == (0, "")
    compiled = f"(\n{done.stdout}\n) as compiled"
    apart = promoted.sql(
        f"select max(abs(compiled.score - p.score)) from {compiled} join predictions.big as p using (id, as_of)"
    )
    assert apart[0][0] < 1e-6


@pytest.mark.usefixtures("promoted")
def test_json(run):
    done = run("compile", "big", "1", "--now", NOW.isoformat(), "--dialect", "bigquery", "--json")
    found = json.loads(done.stdout)
    assert (found["model"], found["version"], found["dialect"]) == ("big", 1, "bigquery")
    assert "`features`.`toy_view`" in found["sql"]


@pytest.mark.usefixtures("promoted")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["big", "--dialect", "postgre"], "Error: no dialect 'postgre' (did you mean 'postgres'?)"),
        (["big", "7"], "Error: model big has no version 7 by 2024-04-10 00:00 UTC; see which it has with: asof status"),
        (["big", "0"], "Error: model big has no version 0 by 2024-04-10 00:00 UTC; see which it has with: asof status"),
        (["big", "--alias", "nobody"], "Error: model big has no 'nobody' by"),
    ],
)
def test_refusals(run, arguments, message):
    done = run("compile", *arguments, "--now", NOW.isoformat())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


def test_what_cannot_be_compiled_is_named(promoted, run):
    promoted.edit("training/toy.py", "LogisticRegression(max_iter=2000)", "LogisticRegression(solver='liblinear')")
    train("big", promoted.open())
    done = run("compile", "big", "2", "--now", NOW.isoformat())
    assert done.returncode == 2
    assert "Error: big version 2 cannot be compiled to SQL: LogisticRegression with the solver liblinear" in done.stderr
    reason = promoted.sql("select parity ->> 'not_compiled', parity ->> 'rows' from ml.model_versions order by version")
    assert [row[0] for row in reason] == [None, "LogisticRegression with the solver liblinear"]
    assert all(int(row[1]) > 40 for row in reason)

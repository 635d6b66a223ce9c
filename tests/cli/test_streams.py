"""What goes to stdout and what does not: JSON alone, whoever prints; and a stdout that takes nothing more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ASOF = Path(sys.executable).with_name("asof")
NOW = ("--now", "2024-04-10")
PRINTS = """
import os

print("from the file")
"""


def test_what_the_estimator_prints_is_no_json(run, toy):
    path = toy.root / "training/toy.py"
    path.write_text(
        PRINTS + path.read_text().replace("def regress(schema):", "def regress(schema):\n    print('hello')")
    )
    trained = run("train", "size", *NOW, "--json")
    assert json.loads(trained.stdout)["version"] == 1
    assert trained.stderr.count("from the file") >= 1
    assert "hello" in trained.stderr
    assert "hello" in run("train", "size", *NOW).stdout, "without --json it is for people"


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_full_disk_under_the_output(run, toy, more):
    assert run("train", "size", *NOW).returncode == 0
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [ASOF, "promote", "size", *NOW, *more],
            cwd=toy.root,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        2,
        "Error: the command is done, but its output cannot be written: No space left on device\n",
    )
    assert toy.sql("select version from ml.aliases") == [(1,)]


@pytest.mark.parametrize("raised", ["SystemExit(3)", "Odd('no')", "GeneratorExit('no')"])
def test_an_estimator_that_raises_what_is_no_exception(run, toy, raised):
    toy.edit(
        "training/toy.py",
        "def regress(schema):",
        f"class Odd(BaseException):\n    pass\n\n\ndef regress(schema):\n    raise {raised}",
    )
    done = run("train", "size", *NOW)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: estimator training/toy.py:regress failed (line 27): {raised.split('(')[0]}")


def test_a_backfill_from_long_ago(run, toy):
    assert run("train", "size", *NOW).returncode == 0
    assert run("promote", "size", *NOW).returncode == 0
    done = run("predict", "size", "--backfill", "--from", "1900-01-01", *NOW)
    assert done.returncode == 0
    # of two days each, from the first row on
    assert toy.sql("select count(*), min(window_from) >= '2023-12-28', max(window_to) from ml.prediction_runs")[0][
        :2
    ] == (51, True)
    assert toy.sql("select count(*) from predictions.size") == [(200,)]

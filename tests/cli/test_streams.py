"""What goes to stdout and what does not: JSON alone, whoever prints; and a stdout that takes nothing more."""

import json
import os
import signal
import subprocess
import sys
import time
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


def test_what_child_processes_print_is_no_json_either(toy):
    path = toy.root / "training/toy.py"
    path.write_text('import os\n\nos.system("echo from a child")\nos.write(1, b"from below")\n' + path.read_text())
    done = subprocess.run(
        [ASOF, "train", "size", *NOW, "--json"], cwd=toy.root, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["version"] == 1
    assert "from a child\n" in done.stderr
    assert "from below" in done.stderr


def test_a_stdout_that_is_closed(toy):
    done = subprocess.run(f"{ASOF} status >&-", shell=True, cwd=toy.root, capture_output=True, text=True, check=False)  # noqa: S602
    assert (done.returncode, done.stderr) == (0, "")


def test_versions_after_the_present_are_counted(run):
    assert run("train", "size", *NOW).returncode == 0
    before = run("status", "--now", "2024-04-09")
    assert before.stderr == (
        "1 versions have a cut-off after the present, 2024-04-09 00:00 UTC, and are not shown; set --now later\n"
    )
    assert run("status", *NOW).stderr == ""


HANGS = """
class Hangs(LinearRegression):
    def predict(self, frame):
        import pathlib, time

        while pathlib.Path("hang").exists():
            pathlib.Path("hanging").touch()
            time.sleep(0.1)
        return super().predict(frame)


"""


def test_a_second_interrupt_ends_what_does_not_listen(toy, tmp_path):
    """The first one is Python's, which waits for DuckDB, which waits for the estimator."""
    package = tmp_path / "lib"
    package.mkdir()
    (package / "hangs.py").write_text("from sklearn.linear_model import LinearRegression\n" + HANGS)
    toy.edit("training/toy.py", '("fit", LinearRegression())', '("fit", __import__("hangs").Hangs())')
    toy.edit("dbt_project/dbt_project.yml", "profile: toy", "profile: toy\nvars: {asof_trusted_types: [hangs.Hangs]}")
    environment = {**os.environ, "PYTHONPATH": str(package)}
    for command in ("train", "promote"):
        subprocess.run([ASOF, command, "size", *NOW], cwd=toy.root, env=environment, check=True, capture_output=True)
    (toy.root / "hang").touch()
    with subprocess.Popen(
        [ASOF, "predict", "size", *NOW], cwd=toy.root, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            while not (toy.root / "hanging").exists():
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            assert process.stderr.readline().startswith(
                "Interrupting, but the running code does not respond. Press Ctrl-C again"
            )
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
            assert process.stderr.read() == "Interrupted: what was not finished was not written.\n"
        finally:
            process.kill()
    (toy.root / "hang").unlink()
    assert toy.sql("select count(*) from duckdb_tables() where schema_name = 'predictions'") == [(0,)]
    subprocess.run([ASOF, "predict", "size", *NOW], cwd=toy.root, env=environment, check=True, capture_output=True)
    assert toy.sql("select count(*) from predictions.size") == [(3,)]


FORKS = """
import multiprocessing, signal, time

def wait():
    time.sleep(60)

def build():
    child = multiprocessing.get_context("fork").Process(target=wait)
    child.start()
    print("ready", flush=True)
    try:
        child.join()
    except KeyboardInterrupt:
        time.sleep(8)  # longer than the command waits for a second Ctrl-C
        child.join()
        print("cleaned up", flush=True)
        raise
"""


def test_one_interrupt_is_one_however_many_processes_get_it(toy):
    """A terminal sends it to a command and its children; only the command's own counts."""
    (toy.root / "forks.py").write_text(FORKS)
    code = "import sys, asof.cli.interrupt as i, forks\nwith i.ending_at_the_second_interrupt():\n    forks.build()\n"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=toy.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "cleaned up\n"


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

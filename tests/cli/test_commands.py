"""The command line as a user meets it: a process of its own, its streams and its exit code."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from asof.cli import asof as group
from asof.cli import main
from asof.registry import status

ASOF = Path(sys.executable).with_name("asof")
NOW = ("--now", "2024-04-10")


def test_the_whole_loop(run, toy):
    trained = run("train", "size", *NOW)
    assert (trained.returncode, trained.stderr) == (0, "")
    first, *_, last = trained.stdout.splitlines()
    assert first == (
        "size version 1 registered, trained on what was known by 2024-04-10 00:00 UTC: 136 rows to fit, "
        "20 to validate, 40 to test; 0.0% of all rows had no label by then"
    )
    assert last == "Next: asof promote size 1 --now 2024-04-10"
    assert "mean_absolute_error at least 1 better than the baseline  passed" in trained.stdout

    promoted = run("promote", "size", "1", "--reason", "first", *NOW)
    assert promoted.stdout == "size: champion is version 1 now, was no version\n"

    predicted = run("predict", "size", *NOW)
    assert predicted.stdout == (
        "predictions.size: 3 rows scored by version 1 (champion), due in 2024-04-08 00:00 to 2024-04-10 00:00 UTC\n"
    )
    assert run("predict", "size", *NOW).stdout.endswith("0 rows scored by version 1 (champion), due in 2024-04-08 00:00 "
        "to 2024-04-10 00:00 UTC; 3 were scored before\n")  # fmt: skip
    assert toy.sql("select count(*) from predictions.size") == [(3,)]

    lines = run("status").stdout.splitlines()
    assert lines[0].split("  ")[0] == "model"
    assert lines[1].split()[:4] == ["size", "1", "champion", "registered"]
    assert lines[2].split("  ")[0] == "big"
    assert lines[2].endswith("asof train big")


def test_json_is_for_machines(run):
    trained = json.loads(run("train", "size", *NOW, "--json").stdout)
    assert (trained["version"], trained["known_by"]) == (1, "2024-04-10T00:00:00+00:00")
    assert {m["split"] for m in trained["measurements"]} == {"validation", "test"}
    assert json.loads(run("promote", "size", *NOW, "--json").stdout)["to_version"] == 1
    assert json.loads(run("predict", "size", *NOW, "--json").stdout)["scored_rows"] == 3
    (version,) = json.loads(run("status", "--json").stdout)
    assert (version["model"], version["aliases"]) == ("size", ["champion"])


def test_a_version_that_a_gate_rejects_exits_with_1(run, toy):
    toy.edit("models/size.yml", "min_gain: 1.0", "min_gain: 1000")
    trained = run("train", "size", *NOW)
    assert trained.returncode == 1
    assert "size version 1 rejected" in trained.stdout
    assert "FAILED" in trained.stdout
    assert "Next:" not in trained.stdout
    promoted = run("promote", "size")
    assert promoted.returncode == 2
    assert promoted.stderr == (
        "Error: model size has only versions that a gate rejected; train one with: asof train size\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "sise"], "Error: no model spec 'sise' in "),
        (["train", "size", "--now", "soon"], "Error: 'soon' is not an instant"),
        (["train", "size", "--target", "prod"], "profile 'toy' has no target 'prod'"),
        (["train", "size", "--project-dir", "models"], "Error: no project in "),
        (["train", "size", "--now", "2023-01-01"], "Error: feature view toy_view: no row with a known 'size'"),
        (["predict", "size"], "Error: model size has no 'champion'"),
        (["rollback", "size"], "Error: model size: 'champion' was on no other version before"),
        (["promote", "size"], "Error: model size has no version yet"),
        (["train"], "Missing argument 'MODEL'"),
        (["trian"], "No such command 'trian'"),
        (["train", "size", "--wait", "long"], "'long' is not a valid float"),
    ],
)
def test_a_mistake_is_told_on_stderr_without_a_traceback(run, arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["train", "predict"])
def test_a_locked_warehouse(run, toy, command):
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb; c = duckdb.connect('toy.duckdb'); print('held', flush=True); input()"],
        cwd=toy.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        done = run(command, "size", *NOW, "--wait", "0.5")
        holder.stdin.close()
    assert done.returncode == 2
    assert done.stderr.count("waiting for the warehouse") == 1
    assert f"(process {holder.pid}) and was not released within 0.5 seconds" in done.stderr


def test_a_mistake_of_asof_itself(toy, monkeypatch, capsys):
    """It has its traceback, and not the exit code of a gate that said no."""
    monkeypatch.setattr(sys, "argv", ["asof", "status", "--project-dir", str(toy.root)])
    monkeypatch.setattr(status, "status", lambda _: 1 / 0)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 3
    assert "ZeroDivisionError" in (words := capsys.readouterr().err)
    assert "This is a mistake in asof" in words


def test_ctrl_c_while_fitting(toy):
    toy.edit(
        "training/toy.py",
        "def regress(schema):\n",
        "def regress(schema):\n    import pathlib, time\n    pathlib.Path('fitting').touch()\n    time.sleep(60)\n",
    )
    with subprocess.Popen([ASOF, "train", "size", *NOW], cwd=toy.root, stderr=subprocess.PIPE, text=True) as training:
        give_up = time.monotonic() + 60
        while not (toy.root / "fitting").exists() and time.monotonic() < give_up:
            time.sleep(0.05)
        training.send_signal(signal.SIGINT)
        _, words = training.communicate(timeout=60)
    assert training.returncode == 130
    assert words.strip() == "Interrupted: what was not finished was not written."
    assert toy.sql("select status, error from ml.training_runs") == [("failed", "KeyboardInterrupt")]
    assert toy.sql("select count(*) from ml.model_versions") == [(0,)]


def test_two_trainings_at_once_take_turns(toy):
    """Each reads and fits on its own; their writes wait for each other, and each gets a number of its own."""
    both = [
        subprocess.Popen([ASOF, "train", "size", *NOW, "--json"], cwd=toy.root, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    versions = [json.loads(training.communicate(timeout=120)[0])["version"] for training in both]
    assert sorted(versions) == [1, 2]


def test_no_bars_in_a_pipe_and_bars_on_a_terminal(run, toy):
    assert run("train", "size", *NOW).stderr == ""
    leader, follower = pty.openpty()
    with subprocess.Popen([ASOF, "train", "size", *NOW], cwd=toy.root, stdout=subprocess.DEVNULL, stderr=follower) as p:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            shown += piece
        os.close(leader)
    assert p.returncode == 0
    assert b"fitting on 136 rows" in shown


def test_help_imports_nothing_heavy():
    """A command line that is typed all day starts at once: neither the stack nor the engine is loaded for its help."""
    heavy = (
        "duckdb",
        "ibis",
        "pandas",
        "numpy",
        "sklearn",
        "xgboost",
        "pydantic",
        "yaml",
        "asof.model_spec",
        "asof.features",
        "asof.training",
    )
    program = (
        "import sys\nfrom asof.cli import asof\nasof(['--help'], standalone_mode=False)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_predicting_does_not_load_training():
    program = (
        "import sys, asof\nasof.predict\nprint([name for name in sys.modules if name.startswith('asof.training')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", sorted(group.commands))
def test_every_help_has_an_example_that_parses(name):
    done = subprocess.run([ASOF, name, "--help"], capture_output=True, text=True, check=True)
    assert f"Example: asof {name}" in " ".join(done.stdout.split())


def test_also_as_a_module():
    done = subprocess.run([sys.executable, "-m", "asof", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == "asof, version 0.1.0\n"

"""Commands of the environment, as processes that start at once: forked from a server that has imported everything.

A command has a process of its own, with its folder, environment and streams, as when somebody types it; only the two to
four seconds of imports are saved. What must be a program that is started for real (signals, terminals, `python -m`) uses
subprocess instead.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from multiprocessing import forkserver
from pathlib import Path

OWN_SETTINGS = ("DBT_PROFILES_DIR", "ASOF_WAREHOUSE", "ASOF_NOW")

_STARTING = threading.Lock()
_FORKS = multiprocessing.get_context("forkserver")


def run_command(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `dbt …`, `asof …` or `python <script> …` in the folder `cwd`; its exit code and what it printed.

    A traceback of the command is in its stderr, and its exit code is then 1, as Python has it.
    """
    with tempfile.TemporaryDirectory(prefix="asof-command-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        _start_server()
        process = _FORKS.Process(
            target=_run, args=(command, str(cwd), dict(os.environ if env is None else env), out, err)
        )
        process.start()
        process.join()
        assert process.exitcode is not None
        return subprocess.CompletedProcess(command, process.exitcode, out.read_text(), err.read_text())


def command_environment() -> dict[str, str]:
    """The test's environment, without a developer's own settings, without colours and without dbt's usage statistics."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
    return {**kept, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "NO_COLOR": "1"}


def _start_server() -> None:
    """Starts the server where it does not run yet. It finds `preloaded` by PYTHONPATH alone, and passes over what it misses."""
    with _STARTING:  # tests run commands side by side
        _start()


def _start() -> None:
    _FORKS.set_forkserver_preload(["preloaded"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *filter(None, [before])])
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def _run(command: tuple[str, ...], cwd: str, env: dict[str, str], out: Path, err: Path) -> None:
    """In the fork: becomes the command."""
    for path, stream, name in ((out, 1, "stdout"), (err, 2, "stderr")):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, stream)
        setattr(sys, name, open(stream, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    from preloaded import main  # noqa: PLC0415  # heavy, and not for the process that asks

    try:
        main(command)
    finally:
        sys.stdout.flush()

"""What the server of tests/commands.py imports once, and how one of its forks becomes a command."""

import importlib
import os
import pkgutil
import runpy
import signal
import sys
import tempfile
from pathlib import Path
from typing import Self

import dbt.cli.main
from dbt.adapters.factory import reset_adapters

import asof
import asof.cli
from asof.dbt_files import run, worker

_LIBRARIES = ("dbt.adapters.duckdb.impl", "dbt.task.build", "sklearn.ensemble", "sklearn.linear_model", "xgboost")
_ENGINE = [module.name for module in pkgutil.walk_packages(asof.__path__, "asof.")]

for _name in (*_LIBRARIES, *_ENGINE):
    if _name != "asof.__main__":
        importlib.import_module(_name)


class ForkedWorker:
    """The worker behind `asof lint` and `asof replay`, forked from a process that has imported dbt: as `Popen` to its user."""

    def __init__(self, root: Path) -> None:
        (read, self._write), (self._read, write) = os.pipe(), os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(self._write)
            os.close(self._read)
            os.dup2(read, 0)
            os.dup2(write, 1)
            os.chdir(root)
            sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            worker.main()
            os._exit(0)
        os.close(read)
        os.close(write)

    def __enter__(self) -> Self:
        self.stdin = os.fdopen(self._write, "w", encoding="utf-8")
        self.stdout = os.fdopen(self._read, encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self.stdin.close()
        self.stdout.close()
        os.waitpid(self._pid, 0)

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)


run.start_worker = ForkedWorker


def _warm_up() -> None:
    """Has dbt parse a project twice, in full and from what it kept: much of its code is made when it is first needed.

    Not with its static parser: that starts threads, and a fork of this process would wait for them for ever.
    """
    with tempfile.TemporaryDirectory() as folder:
        profile = "{target: dev, outputs: {dev: {type: duckdb, path: warm.duckdb}}}"
        (Path(folder) / "profiles.yml").write_text(f"warm: {profile}\n")
        (Path(folder) / "dbt_project.yml").write_text("name: warm\nprofile: warm\n")
        (Path(folder) / "models").mkdir()
        (Path(folder) / "models/one.sql").write_text("select 1 as one\n")
        (Path(folder) / "models/one.yml").write_text(
            "models: [{name: one, columns: [{name: one, data_tests: [not_null]}]}]\n"
        )
        options = ["--quiet", "--no-static-parser", "--no-send-anonymous-usage-stats"]
        for _ in range(2):
            done = dbt.cli.main.dbtRunner().invoke(
                ["parse", *options, "--project-dir", folder, "--profiles-dir", folder]
            )
            assert done.success, done.exception
    reset_adapters()


_warm_up()


def main(command: tuple[str, ...]) -> None:
    """Runs the command; raises SystemExit with its exit code, as its console script does."""
    name, *arguments = command
    sys.argv = [name, *arguments]
    if name == "dbt":
        dbt.cli.main.cli()
    elif name == "asof":
        asof.cli.main()
    elif name == "python":
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")
    else:
        raise ValueError(f"no command {name!r}")

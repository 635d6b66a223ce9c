"""Runs dbt beside the project's own runs: with a target folder of its own, quietly, and with the clock set."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from asof.clock import VARIABLE, written
from asof.dbt_files.profiles import Target, read_target
from asof.errors import ProjectError

_PARSED = "partial_parse.msgpack"  # what dbt keeps of a project that it has parsed

# A var of the project's own file gives way to the clock in the environment; what is selected here is built on purpose.
_VARS = json.dumps({"asof_now": None, "asof_partial_builds": True})


class Dbt:
    """One dbt process that has parsed the project; see `running_dbt`."""

    def __init__(
        self, dbt_dir: Path, target: Target, now: datetime, folder: Path, process: "subprocess.Popen[str]"
    ) -> None:
        self._dbt_dir, self._target = dbt_dir, target
        self._now, self._folder, self._process = now, folder, process
        # begins at once and is waited for where its answer is needed; what it has parsed is written when somebody asks
        self._parsing = self._ask(["parse", "--no-write-json"], now, folder)

    def parsed(self) -> dict[str, Any]:
        """The manifest of the project, without compiled SQL. Raises ProjectError with dbt's words when it cannot be parsed."""
        return self._manifest(["parse"], self._now, self._folder)

    def run(
        self,
        command: str,
        now: datetime,
        folder: Path,
        *,
        select: Iterable[str],
        exclude: Iterable[str],
        profiles: Path | None = None,
        in_full: bool = True,
    ) -> dict[str, Any]:
        """A dbt command on the selected models, without the excluded kinds, at the instant `now`; the manifest it wrote.
        Unless `in_full`, incremental models go on from the tables that exist.

        Everything that dbt writes of its own goes to `folder`; `profiles` is the folder of another profiles.yml.
        Raises ProjectError with dbt's words when it fails.
        """
        excluded = ["--exclude", *(f"resource_type:{kind}" for kind in exclude)]
        options = ["--vars", _VARS, *(["--full-refresh"] if in_full else []), "--select", *select, *excluded]
        return self._manifest([command, *options], now, folder, profiles)

    def _manifest(
        self, command: list[str], now: datetime, folder: Path, profiles: Path | None = None
    ) -> dict[str, Any]:
        self._parsing()
        self._ask(command, now, folder, profiles)()
        manifest: dict[str, Any] = json.loads((folder / "target/manifest.json").read_text())
        return manifest

    def _ask(self, command: list[str], now: datetime, folder: Path, profiles: Path | None = None) -> Callable[[], None]:
        """Begins a command; the function that waits for its end, and raises where it failed."""
        target = self._target
        # An option --target has dbt parse everything again, even where it names the target that dbt would take anyway.
        usual = read_target(target.root, target.profile).name
        arguments = [
            command[0],
            "--quiet",
            "--no-use-colors",
            "--log-path",
            str(folder / "logs"),
            "--project-dir",
            str(self._dbt_dir),
            "--profiles-dir",
            str(profiles or target.file.parent),
            "--target-path",
            str(folder / "target"),
            *(() if usual == target.name else ("--target", target.name)),
            *command[1:],
        ]
        request = {"arguments": arguments, "environment": {VARIABLE: now.isoformat()}}
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None and answers is not None  # noqa: S101, PT018  # both are pipes
        with suppress(BrokenPipeError):  # it has ended, and gives no answer
            print(json.dumps(request), file=requests, flush=True)

        @cache
        def wait() -> None:
            answer = answers.readline()
            failed = json.loads(answer)["failed"] if answer else "dbt's process has ended"
            if failed is not None:
                said = "\n".join(line for line in failed.splitlines() if line.strip())
                raise ProjectError(f"dbt {command[0]} failed as of {written(now)}:\n{said}")

        return wait


def start_worker(root: Path) -> "subprocess.Popen[str]":
    """Starts `worker.py` in the project's folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "asof.dbt_files.worker"],
        cwd=root,
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running_dbt(dbt_dir: Path, target: Target, now: datetime, folder: Path, last_run: Path) -> Iterator[Dbt]:
    """A dbt process for the length of the block, for the dbt project in `dbt_dir`. It parses the project as of `now`, or
    takes what a run whose outputs are in `last_run` has parsed, where that still holds. Its own outputs go to `folder`.
    """
    (folder / "target").mkdir(parents=True)
    if (last_run / _PARSED).exists():
        shutil.copy(last_run / _PARSED, folder / "target" / _PARSED)
    with start_worker(target.root) as process:
        try:
            yield Dbt(dbt_dir, target, now, folder, process)
        finally:
            process.kill()

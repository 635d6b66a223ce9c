"""Runs dbt beside the project's own runs: with a target folder of its own, quietly, and with the clock set."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from asof.clock import VARIABLE
from asof.errors import ProjectError
from asof.spec.project import Project


def run_dbt(
    project: Project,
    command: str,
    now: datetime,
    folder: Path,
    *,
    select: Iterable[str] = (),
    exclude: Iterable[str] = (),
    profiles: Path | None = None,
) -> dict[str, Any]:
    """A dbt command on the selected models, without the excluded kinds, at the instant `now`; the manifest it wrote.

    Everything that dbt writes of its own goes to `folder`; `profiles` is the folder of another profiles.yml.
    Raises ProjectError with dbt's words when it fails.
    """
    # The same for every moment, so that dbt parses once: the clock is in the environment, and a var of the project's file
    # gives way to it.
    variables = json.dumps({"asof_now": None, "asof_partial_builds": True})
    arguments = [
        *("--quiet", "--no-use-colors", "--log-path", str(folder / "logs"), command),
        *("--project-dir", str(project.dbt_dir), "--profiles-dir", str(profiles or project.target.file.parent)),
        *("--target", project.target.name, "--target-path", str(folder / "target"), "--vars", variables),
        *(() if command == "parse" else ("--full-refresh", "--select", *select)),
        *(part for kind in exclude for part in ("--exclude-resource-type", kind)),
    ]
    done = subprocess.run(  # noqa: S603  # dbt, with arguments that are never read by a shell
        [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments],
        cwd=project.root,
        env={**os.environ, VARIABLE: now.isoformat(), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        said = "\n".join(lines if "Traceback" not in done.stderr else lines[-1:])
        raise ProjectError(f"dbt {command} failed as of {now.isoformat()}:\n{said}")
    manifest: dict[str, Any] = json.loads((folder / "target/manifest.json").read_text())
    return manifest

"""What is dear to build and only read afterwards is built once a run, by the worker that needs it first."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def built_once(tmp_path_factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """The folder `name` that all workers of this run share, filled by `build`; a second worker waits for the first."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{name}"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed
        done = shared.with_suffix(".done")
        if not done.exists():
            shared.mkdir()
            build(shared)
            done.touch()
    return shared

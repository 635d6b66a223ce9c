"""The command line in a process of its own, in the toy project."""

import subprocess
import sys
from pathlib import Path

import pytest

ASOF = Path(sys.executable).with_name("asof")


@pytest.fixture
def run(toy):
    def run(*arguments):
        return subprocess.run([ASOF, *arguments], cwd=toy.root, capture_output=True, text=True, check=False)

    return run

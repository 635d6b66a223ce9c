"""The command line in a process of its own, in the toy project."""

import pytest
from commands import run_command


@pytest.fixture
def run(toy):
    def run(*arguments):
        return run_command("asof", *arguments, cwd=toy.root)

    return run

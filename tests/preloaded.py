"""What the server of tests/commands.py imports once, and how one of its forks becomes a command."""

import importlib
import pkgutil
import runpy
import sys
from pathlib import Path

import dbt.cli.main

import asof
import asof.cli

_LIBRARIES = ("dbt.adapters.duckdb.impl", "dbt.task.build", "sklearn.ensemble", "sklearn.linear_model", "xgboost")
_ENGINE = [module.name for module in pkgutil.walk_packages(asof.__path__, "asof.")]

for _name in (*_LIBRARIES, *_ENGINE):
    if _name != "asof.__main__":
        importlib.import_module(_name)


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

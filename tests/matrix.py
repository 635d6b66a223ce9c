"""The suite's core on other versions of the stack, each in an environment of its own:

    .venv/bin/python tests/matrix.py                 every row
    .venv/bin/python tests/matrix.py dbt-1.11        one row, by name
    .venv/bin/python tests/matrix.py --python 3.11   every row on the Python that is here

Needs `uv` on the PATH, and the Pythons that it names. A row's versions are resolved from pyproject.toml with the row's
constraints, and installed without the parser that dbt-core 1.12 would download (see tool.uv in pyproject.toml).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]

# name: Python, how versions are chosen, constraints
ROWS: dict[str, tuple[str, str, list[str]]] = {
    "oldest": ("3.11", "lowest-direct", ["dbt-core<1.12"]),
    "dbt-1.11": ("3.11", "highest", ["dbt-core<1.12", "duckdb<2"]),
    "dbt-1.12": ("3.11", "highest", ["dbt-core>=1.12", "duckdb<2"]),
    "duckdb-2": ("3.12", "highest", ["duckdb>=2"]),
    "newest": ("3.13", "highest", []),
}

# Everything but what needs real flights or a PostgreSQL server, and what is about this repository's own files
TESTS = [
    *(
        "tests/catalogue",
        "tests/cli",
        "tests/examples",
        "tests/experiment",
        "tests/features",
        "tests/inference",
        "tests/leaks",
        "tests/plan",
        "tests/registry",
    ),
    *(
        "tests/report",
        "tests/scoring/test_parity.py",
        "tests/scoring/test_scorer.py",
        "tests/model_spec",
        "tests/training",
    ),
    *("tests/warehouse", "tests/dbt_package/test_refusals.py"),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)}; all if none is given")
    parser.add_argument("--python", help="a version in place of the row's own")
    given = parser.parse_args()
    unknown = set(given.rows) - set(ROWS)
    if unknown:
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    passed = [passes(name, given.python) for name in given.rows or ROWS]
    return 0 if all(passed) else 1


def passes(name: str, other_python: str | None) -> bool:
    """Installs a row into a folder that goes with it, runs the tests, and prints a line with what was installed."""
    own_python, resolution, constraints = ROWS[name]
    python = other_python or own_python
    with tempfile.TemporaryDirectory(prefix="asof-matrix-") as folder:
        began = time.monotonic()
        chosen, limits, environment = Path(folder) / "chosen.txt", Path(folder) / "limits.txt", Path(folder) / "venv"
        limits.write_text("\n".join(constraints) + "\n")
        groups = ["--extra", "xgboost", "--extra", "tune", "--extra", "report", "--group", "build", "--group", "dev"]
        uv = ["uv", "pip", "compile", "--quiet", "--python-version", python, "--resolution", resolution]
        run(*uv, "--constraint", limits, "pyproject.toml", *groups, "--output-file", chosen)
        run("uv", "venv", "--quiet", "--no-python-downloads", "--python", python, environment)
        install = ["uv", "pip", "install", "--quiet", "--no-deps", "--python", environment]
        run(*install, "--requirement", chosen)
        run(*install, "--no-build-isolation", "--editable", ROOT)
        versions = dict(line.split("==") for line in chosen.read_text().splitlines() if "==" in line)
        shown = ("dbt-core", "dbt-duckdb", "duckdb", "ibis-framework[duckdb]", "scikit-learn", "xgboost-cpu", "pyarrow")
        print(
            f"{name}: Python {python}, " + ", ".join(f"{n} {versions[n]}" for n in shown if n in versions), flush=True
        )
        pytest = [environment / "bin/python", "-m", "pytest", "-q", "-n", "logical", "--dist", "loadfile"]
        code = subprocess.run([*pytest, *TESTS], cwd=ROOT, env={**os.environ}, check=False).returncode
        print(f"{name}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    return code == 0


def run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())

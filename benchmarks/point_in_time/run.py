"""The point-in-time join beside its alternatives, on the same data in one run: seconds, peak memory, ratios.

    .venv/bin/python benchmarks/point_in_time/run.py                 everything, about 10 minutes
    .venv/bin/python benchmarks/point_in_time/run.py --rows 1000000  one size

Feast, polars and timefence are installed into an environment of their own for it, from the packages of requirements.txt here.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import data

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "src/asof/dbt_package"
OWN = {"asof", "asof4gb", "duckdb", "pandas"}
ROUNDS = 3


# The ways that are compared at each size: the first is what the others are held against.
PLAN = {
    200_000: {"punctual": ["duckdb", "asof", "timefence", "feast"]},
    1_000_000: {"punctual": ["duckdb", "asof", "polars", "pandas", "timefence"], "bitemporal": ["duckdb", "asof"]},
    10_000_000: {"punctual": ["duckdb", "asof", "asof4gb"], "bitemporal": ["duckdb", "asof", "asof4gb"]},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, choices=PLAN, help="rows of the spine; all sizes if not given")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as name:
        folder = Path(name)
        others = environment(folder / "venv")
        for size in [rows] if rows else PLAN:
            compare(folder, others, size)


def environment(folder: Path) -> Path:
    """The interpreter of an environment with the packages that only this benchmark needs."""
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--requirement", HERE / "requirements.txt"], check=True)
    return python


def compare(folder: Path, others: Path, rows: int) -> None:
    """Runs each way in turn, three times, and prints the median of its seconds and its ratio to the first."""
    inputs = folder / str(rows)
    inputs.mkdir()
    data.write(inputs, rows)
    build_project(inputs)
    for facts, ways in PLAN[rows].items():
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for number in range(ROUNDS):
            for way in ways:
                if way == "feast" and number:
                    continue  # a minute each
                python = sys.executable if way in OWN else others
                done = subprocess.run(
                    [python, HERE / "engines.py", way, facts, inputs], check=True, stdout=subprocess.PIPE, text=True
                )
                runs[way].append(json.loads(done.stdout.splitlines()[-1]))
        print(f"\n{rows:,} rows, {facts}")
        first = statistics.median(run["seconds"] for run in runs[ways[0]])
        for way, found in runs.items():
            seconds = statistics.median(run["seconds"] for run in found)
            peak = max(run["peak_gib"] for run in found)
            same = "same rows" if found[0]["checksum"] == runs[ways[0]][0]["checksum"] else "other rows"
            print(
                f"  {way:9} {seconds:8.2f} s  {seconds / first:6.2f} x {ways[0]}  {peak:6.2f} GiB  {same}", flush=True
            )
    shutil.rmtree(inputs)


def build_project(folder: Path) -> None:
    """The dbt project over the Parquet files, with its views built and the feature views compiled."""
    project = folder / "project"
    shutil.copytree(HERE / "project", project)
    shutil.copytree(PACKAGE, project / "dbt_packages/asof")
    (project / "packages.yml").write_text("packages: [{local: dbt_packages/asof}]\n")
    dbt = Path(sys.executable).with_name("dbt")
    variables = json.dumps({"folder": str(folder), "asof_now": "2026-01-01", "asof_partial_builds": True})
    for command in (["run", "--exclude", "punctual", "bitemporal"], ["compile"]):
        subprocess.run(
            [dbt, "--quiet", *command, "--vars", variables],
            cwd=project,
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_PROFILES_DIR": str(project)},
            check=True,
        )


if __name__ == "__main__":
    main()

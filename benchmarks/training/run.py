"""`asof train` end to end beside a hand-written script that fits the same XGBoost: seconds, peak memory, ratios.

    .venv/bin/python benchmarks/training/run.py                 63k rows (20k to learn from) five times, 330k and 5M rows three times each, 10M once
    .venv/bin/python benchmarks/training/run.py --rows 330000   one size

Both read the same table of 25 columns in a warehouse that dbt builds here. Memory is the peak resident set of the
process. Before that, at the smallest size, whether metrics are equal to the last digit: twice in a row, and with one
thread and two.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent

# rows: (trees, rounds, whether the script runs, too); of each the last 43,200 are validation and test
PLAN = {63_200: (300, 5, True), 330_000: (300, 3, True), 5_000_000: (100, 3, True), 10_000_000: (50, 1, False)}


@dataclass(frozen=True)
class Cost:
    seconds: float
    gigabytes: float
    said: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, choices=PLAN, help="rows of the feature view; all sizes if not given")
    parser.add_argument("--rounds", type=int, help="how often each side runs, instead of the plan's number")
    given = parser.parse_args()
    for rows in [given.rows] if given.rows else PLAN:
        with tempfile.TemporaryDirectory(prefix="asof-bench-") as name:
            compare(Path(name) / "project", rows, given.rounds)


def compare(root: Path, rows: int, rounds: int | None) -> None:
    trees, planned, with_script = PLAN[rows]
    shutil.copytree(HERE.parent / "question_project", root)
    environment = {
        **os.environ,
        "ASOF_WAREHOUSE": str(root / "bench.duckdb"),
        "DBT_PROFILES_DIR": str(root),
        "TREES": str(trees),
        "THREADS": "2",
        "PYTHONWARNINGS": "ignore",
    }
    build = [BIN / "dbt", "--quiet", "build", "--project-dir", "dbt_project", "--vars", json.dumps({"rows": rows})]
    subprocess.run(build, cwd=root, env=environment, check=True)
    ways = {"asof": [BIN / "asof", "train", "answer", "--now", "2025-01-01", "--json"]}
    if with_script:
        ways = {"script": [BIN / "python", HERE / "script.py", root / "bench.duckdb"], **ways}
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for _ in range(rounds or planned):
        for way, command in ways.items():
            costs[way].append(measured(command, root, environment))
    print(f"{rows:,} rows, 25 columns, {trees} trees of depth 6, medians of {rounds or planned}")
    medians = {
        way: [statistics.median(getattr(cost, part) for cost in found) for part in ("seconds", "gigabytes")]
        for way, found in costs.items()
    }
    first = next(iter(medians.values()))
    for way, (seconds, gigabytes) in medians.items():
        ratios = f"{seconds / first[0]:5.2f} x {gigabytes / first[1]:5.2f} x" if with_script else ""
        print(f"  {way:8}{seconds:8.1f} s{gigabytes:8.2f} GB   {ratios}")
    if with_script:
        print(f"  script says {costs['script'][0].said.strip()}")
    metrics = [figures(cost.said) for cost in costs["asof"]]
    print(f"  asof says   {metrics[0]}; equal in all rounds: {all(found == metrics[0] for found in metrics)}")
    if rows == min(PLAN):
        alone = measured(ways["asof"], root, {**environment, "THREADS": "1"})
        print(f"  with one thread, {alone.seconds:.1f} s: equal to the last digit: {figures(alone.said) == metrics[0]}")


def figures(said: str) -> dict[str, float]:
    """Metrics on the whole test split."""
    whole = [m for m in json.loads(said)["measurements"] if (m["split"], m["slice_by"]) == ("test", "all")]
    return {m["metric"]: m["value"] for m in whole}


def measured(command: list[object], root: Path, environment: dict[str, str]) -> Cost:
    """Runs a command to its end; its seconds and its peak memory."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(list(map(str, command)), cwd=root, env=environment, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        if status:
            sys.exit(f"{command} ended with {status}")
        output.seek(0)
        return Cost(seconds, usage.ru_maxrss * 1024 / 1e9, output.read().decode())


if __name__ == "__main__":
    main()

"""`asof predict` end to end beside the limit of the model and the usual script: rows per second, memory, ratios.

    .venv/bin/python benchmarks/scoring/run.py               1M rows three times, then 10M rows once, for memory
    .venv/bin/python benchmarks/scoring/run.py --rounds 1 --rows 1000000

15 columns, 300 trees of depth 6, a policy that decides each row by itself, features kept and not (as is the default). Each
side runs in a process of its own (`ways.py`); seconds are from the first query to the commit, without imports, and the
whole process beside them. Memory is the peak resident set above that after the imports.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
ROWS, MORE_ROWS = 1_000_000, 10_000_000
NOW = "2025-01-01"
DROPPED = ["ratio_8", "ratio_9", "ratio_10", *(f"count_{n}" for n in range(16, 21)), "text_24", "text_25"]
POLICY = "select question_id, as_of, case when score >= threshold then 'ask' else 'leave' end as decision from scored\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, choices=(ROWS, MORE_ROWS), help="one size; both if not given")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as name:
        root = Path(name) / "project"
        environment = prepare(root)
        if given.rows != MORE_ROWS:
            compare(root, environment, given.rounds)
        if given.rows != ROWS:
            build(root, environment, MORE_ROWS)
            for way in ("asof", "asof, features kept"):
                found = run(root, environment, way)
                print(f"{MORE_ROWS:,} rows, {way}: {told(found, MORE_ROWS)}")


def prepare(root: Path) -> dict[str, str]:
    """A project with a trained champion, and its view with a million rows."""
    shutil.copytree(HERE.parent / "question_project", root)
    spec = root / "models/answer.yml"
    used = f"features: {{exclude: [{', '.join(DROPPED)}]}}\n"
    text = spec.read_text().replace("split:", used + "split:")
    spec.write_text(text.replace("{window: 1 day}", "{window: 1 day, policy: inference/answer.sql}"))
    shutil.copy(HERE / "answer.py", root / "training/answer.py")
    (root / "inference").mkdir()
    (root / "inference/answer.sql").write_text(POLICY)
    environment = {
        **os.environ,
        "ASOF_WAREHOUSE": str(root / "bench.duckdb"),
        "DBT_PROFILES_DIR": str(root),
        "TREES": "300",
        "THREADS": "2",
        "PYTHONWARNINGS": "ignore",
    }
    build(root, environment, ROWS)
    for command in (["train", "answer"], ["promote", "answer"]):
        subprocess.run(
            [BIN / "asof", *command, "--now", NOW], cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL
        )
    return environment


def build(root: Path, environment: dict[str, str], rows: int) -> None:
    command = [BIN / "dbt", "--quiet", "build", "--project-dir", "dbt_project", "--vars", json.dumps({"rows": rows})]
    subprocess.run(command, cwd=root, env=environment, check=True)


def compare(root: Path, environment: dict[str, str], rounds: int) -> None:
    ways = ["limit", "asof", "asof, features kept", "script", "compiled"]
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            found[way].append(run(root, environment, way))
    medians = {
        way: {key: statistics.median(each[key] for each in costs) for key in costs[0]} for way, costs in found.items()
    }
    print(f"{ROWS:,} rows, 15 columns, 300 trees of depth 6, medians of {rounds}")
    for way, cost in medians.items():
        limit, script = (medians[other]["seconds"] / cost["seconds"] for other in ("limit", "script"))
        print(f"  {way:22}{told(cost, ROWS)}  {limit:5.2f} x limit {script:5.2f} x script")
    day = statistics.median(run(root, environment, "a day")["process"] for _ in range(rounds))
    print(f"  a day of 1,440 rows, from the start of the process to its end: {day:.2f} s")


def told(cost: dict[str, float], rows: int) -> str:
    rate = rows / cost["seconds"]
    return (
        f"{cost['seconds']:8.2f} s {rate:10,.0f} rows/s {cost['megabytes']:7,.0f} MB  process {cost['process']:.2f} s"
    )


def run(root: Path, environment: dict[str, str], way: str) -> dict[str, float]:
    done = subprocess.run(
        [BIN / "python", HERE / "ways.py", way],
        cwd=root,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()

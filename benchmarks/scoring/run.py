"""`asof predict` end to end beside the limit of the model and the usual script: rows per second, memory, ratios.

    .venv/bin/python benchmarks/scoring/run.py                  each form of estimator on 1M rows, five rounds
    .venv/bin/python benchmarks/scoring/run.py --form usual --rounds 1
    .venv/bin/python benchmarks/scoring/run.py --memory          10M rows once

15 columns, a policy that decides each row by itself, features kept and not (the default). Forms (`answer.py`): 300 XGBoost
trees of depth 6 behind one-hot text, the same on native categories with missing values, and a logistic regression. Each side
runs in a process of its own (`ways.py`); seconds are from the first query to the commit, without imports, and the whole
process beside them. Memory is the peak resident set above that after the imports. Last, a day of rows by the command.
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
from pathlib import Path

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
ROWS, MORE_ROWS = 1_000_000, 10_000_000
FORMS = ("usual", "native", "linear")
NOW = "2025-01-01"
DROPPED = ["ratio_8", "ratio_9", "ratio_10", *(f"count_{n}" for n in range(16, 21)), "text_24", "text_25"]
POLICY = "select question_id, as_of, case when score >= threshold then 'ask' else 'leave' end as decision from scored\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--form", choices=FORMS, help="one form; all if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help="ten million rows instead, once")
    given = parser.parse_args()
    for form in [given.form] if given.form else FORMS:
        with tempfile.TemporaryDirectory(prefix="asof-bench-") as name:
            root = Path(name) / "project"
            environment = prepare(root, form)
            if not given.memory:
                compare(root, environment, form, given.rounds)
                continue
            build(root, environment, MORE_ROWS)
            for way in ("asof", "asof, features kept"):
                found = run(root, environment, way)
                print(f"{form}, {MORE_ROWS:,} rows, {way}: {told(found, MORE_ROWS)}")


def prepare(root: Path, form: str) -> dict[str, str]:
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
        "FORM": form,
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


def compare(root: Path, environment: dict[str, str], form: str, rounds: int) -> None:
    ways = ["limit", "asof", "asof, features kept", "script", *(["compiled"] if form == "usual" else [])]
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    days: dict[str, list[float]] = {"a day": [], "imports": []}
    for _ in range(rounds):
        for way in ways:
            found[way].append(run(root, environment, way))
        for name, seconds in a_day(root, environment).items():
            days[name].append(seconds)
    medians = {
        way: {key: statistics.median(each[key] for each in costs) for key in costs[0]} for way, costs in found.items()
    }
    print(f"{form}: {ROWS:,} rows, 15 columns, medians of {rounds}")
    for way, cost in medians.items():
        limit, script = (
            statistics.median(a["seconds"] / b["seconds"] for a, b in zip(found[other], found[way], strict=True))
            for other in ("limit", "script")
        )
        print(f"  {way:22}{told(cost, ROWS)}  {limit:5.2f} x limit {script:5.2f} x script")
    day, imports = (statistics.median(seconds) for seconds in days.values())
    print(
        f"  `asof predict` on a day of 1,440 rows {day:.2f} s, its imports alone {imports:.2f} s: {day / imports:.2f} x"
    )


def a_day(root: Path, environment: dict[str, str]) -> dict[str, float]:
    """Seconds of the command on the last day, and of a process that imports DuckDB, XGBoost and scikit-learn."""
    forget = "import duckdb, os; duckdb.connect(os.environ['ASOF_WAREHOUSE']).sql('drop table predictions.answer')"
    subprocess.run([BIN / "python", "-c", forget], cwd=root, env=environment, check=True)
    seconds = {}
    for name, command in {
        "a day": [BIN / "asof", "predict", "answer", "--now", NOW],
        "imports": [BIN / "python", "-c", "import duckdb, xgboost, sklearn"],
    }.items():
        began = time.monotonic()
        subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds[name] = time.monotonic() - began
    return seconds


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

"""`make demo`: the whole loop on real flights, command by command, as somebody would type it on the days it plays.

Stands on 2013-11-01, trains there, then lives through a week: each day builds what is new and predicts what is due.
"""

import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from asof import Project

BIN = Path(sys.executable).parent
START = date(2013, 11, 1)
DAYS = 7
MODELS = ("flight_delay", "arrival_delay")


def run(*command: str, **environment: str) -> None:
    """Shows a command and runs it; ends the demo with its exit code if it fails."""
    settings = [f"{name}={value}" for name, value in environment.items()]
    print(f"$ {' '.join([*settings, *command])}", flush=True)
    done = subprocess.run([str(BIN / command[0]), *command[1:]], env={**os.environ, **environment}, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def build(day: date) -> None:
    run("dbt", "--quiet", "build", "--project-dir", "dbt_project", ASOF_NOW=str(day))


def summary(seconds: float) -> None:
    project = Project.open()
    with project.warehouse(read_only=True) as warehouse:
        view = warehouse.rows("select count(*) as found from features.flight_delay_features")[0]
        live = warehouse.rows(
            """
            select
                count(*) as scored,
                count(features.is_late) as arrived,
                avg(predictions.score) filter (features.is_late is not null) as expected,
                avg(features.is_late::integer) as observed
            from predictions.flight_delay as predictions
            inner join features.flight_delay_features as features using (flight_id)
            """
        )[0]
        tested = warehouse.rows(
            """
            select model_versions.model, metric, value, baseline_value
            from ml.metrics inner join ml.model_versions using (run_id)
            where split = 'test' and slice_by = 'all' and metric in ('roc_auc', 'mean_absolute_error')
            order by model_versions.model desc
            """
        )
    last = START + timedelta(days=DAYS)
    print(f"\nDone in {seconds:.0f} s.")
    print(f"  features     features.flight_delay_features: {view['found']:,} rows, as of {last}")
    for row in tested:
        print(
            f"  test split   {row['model']}: {row['metric']} {row['value']:.4f} (baseline {row['baseline_value']:.4f})"
        )
    print(f"  predictions  predictions.flight_delay, predictions.arrival_delay: {live['scored']:,} rows each")
    print(
        f"  outcomes     {live['arrived']:,} of them have arrived: {live['expected']:.1%} expected to be late, "
        f"{live['observed']:.1%} were"
    )
    print("\nTry next:")
    print("  .venv/bin/asof status")
    print(f"  .venv/bin/asof train flight_delay --now {last}")
    riskiest = "select flight_id, version, score, decision from predictions.flight_delay order by score desc"
    print(f"  .venv/bin/dbt show --project-dir dbt_project --inline '{riskiest}'")


def main() -> None:
    began = time.monotonic()
    run("python", "ingestion/load_flights.py")
    build(START)
    for model in MODELS:
        run("asof", "train", model, "--now", str(START))
        run("asof", "promote", model, "--now", str(START), "--reason", "first")
    for day in (START + timedelta(days=n + 1) for n in range(DAYS)):
        build(day)
        for model in MODELS:
            run("asof", "predict", model, "--now", str(day))
    summary(time.monotonic() - began)


if __name__ == "__main__":
    main()

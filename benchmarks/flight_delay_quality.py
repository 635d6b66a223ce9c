"""How well `flight_delay` ranks flights of November and December when it is trained by the end of September.

Builds the reference system for the whole year in a warehouse of its own, trains on what was known at the end of
September, validates on October, and tests on the two months that neither has seen. Beside it, on the same rows: the
same trees with nothing but the schedule, which is what the features as of two hours before departure are worth.

    .venv/bin/python benchmarks/flight_delay_quality.py
"""

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from asof import Project, TrainingResult, train
from asof.model_spec.spec import Features, ModelSpec, Split

# One day after the last departure of the year in New York, so that every flight has arrived.
CUTOFF = "2014-01-02T04:00:00+00:00"
# Counted back from there: tested from 1 November, validated from 1 October, both at midnight in New York.
SPLIT = Split(test=timedelta(days=62), validation=timedelta(days=31), gap=timedelta(0))
SCHEDULE = {
    *("carrier", "origin", "destination", "departure_hour", "departure_minute_of_day", "departure_weekday"),
    *("scheduled_duration_minutes", "distance_miles", "origin_scheduled_departures_1h"),
}
METRICS = ("roc_auc", "average_precision", "brier_score", "log_loss")


def main() -> None:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"ASOF_WAREHOUSE": str(Path(folder) / "flights.duckdb"), "ASOF_NOW": CUTOFF}
        build = ["dbt", "--quiet", "build", "--project-dir", "dbt_project"]
        for command in (["python", "ingestion/load_flights.py"], build):
            subprocess.run([Path(sys.executable).with_name(command[0]), *command[1:]], cwd=root, check=True)
        project = Project.open(root, now=CUTOFF)
        spec = project.model_spec("flight_delay").model_copy(update={"split": SPLIT, "gates": []})
        columns = [name for name, _ in project.feature_view(spec.feature_view).feature_columns()]
        schedule = Features(exclude=[name for name in columns if name not in SCHEDULE])
        show("all features", spec, train(spec, project))
        show("schedule only", spec, train(spec.model_copy(update={"features": schedule}), project))


def show(title: str, spec: ModelSpec, result: TrainingResult) -> None:
    print(
        f"{spec.name}, {title}: {result.train_rows:,} rows to fit, {result.validation_rows:,} to validate, "
        f"{result.test_rows:,} to test"
    )
    for metric in METRICS:
        print(f"  {metric:18} validation {result.metric(metric, 'validation'):.4f}   test {result.metric(metric):.4f}")


if __name__ == "__main__":
    main()

"""What leakage costs: the same trees trained on naive features, their flattering test score, and their score in use.

The naive features of a flight are what a first attempt often takes: the mean delay of the whole day of its carrier, of
its origin and of its destination, and the delay of the flight that its aircraft had before, by the schedule. In use, two
hours before departure, only what had happened by then can be filled in. Trained on what was known at the end of
September, tested on November and December, as benchmarks/flight_delay_quality.py is; beside them the features as of then.

    .venv/bin/python benchmarks/leakage_cost.py
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from flight_delay_quality import CUTOFF, SCHEDULE
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from asof import FeatureSchema, Project
from asof.features.signature import feature_schema
from asof.training.fit.estimator import build_estimator

ESTIMATOR = "training/flight_delay.py:build"
TRAIN_UNTIL, TEST_FROM = "2013-10-01 04:00:00+00", "2013-11-01 04:00:00+00"
# the feature, whose day it is, what is averaged, and when each delay was known
DAYS = (
    ("carrier_day_delay", "carrier", "arrival_delay_minutes", "arrived_at"),
    ("origin_day_delay", "origin", "departure_delay_minutes", "departed_at"),
    ("destination_day_delay", "destination", "arrival_delay_minutes", "arrived_at"),
)
LEFT_OUT = {"aircraft_id", "flight_number", "scheduled_departure_at"}


def main() -> None:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"ASOF_WAREHOUSE": str(Path(folder) / "flights.duckdb"), "ASOF_NOW": CUTOFF}
        build = ["dbt", "--quiet", "build", "--project-dir", "dbt_project", "--exclude-resource-type", "test"]
        for command in (["python", "ingestion/load_flights.py"], build):
            subprocess.run([Path(sys.executable).with_name(command[0]), *command[1:]], cwd=root, check=True)
        project = Project.open(root, now=CUTOFF)
        flattering, in_use = (read(project, naive(known=known)) for known in (False, True))
        honest = read(project, "select view.* from features.flight_delay_features as view where is_late is not null")
        columns = project.feature_view("flight_delay_features").feature_columns()
        naive_schema = schema_of(flattering, [*SCHEDULE, *(name for name, *_ in DAYS), "previous_delay"])
        honest_schema = feature_schema([c for c in columns if c[0] not in LEFT_OUT], "the view")
        trees = fitted(root, naive_schema, flattering)
        show("naive, as tested", trees, naive_schema, flattering)
        show("naive, in use", trees, naive_schema, in_use)
        show("as of then", fitted(root, honest_schema, honest), honest_schema, honest)


def naive(*, known: bool) -> str:
    """Each flight with its naive features: of all that happened, or of what was known when it was asked."""
    ctes, joins = [], []
    for feature, whose, delay, at in DAYS:
        running = f"over (partition by {whose}, day order by {at})" if known else f"over (partition by {whose}, day)"
        moment = at if known else "max(cast('-infinity' as timestamptz)) over ()"
        ctes.append(
            f"{feature}_rows as (select distinct {whose}, day, {moment} as moment, avg({delay}) {running} as {feature} "
            "from flown)"
        )
        joins.append(
            f"asof left join {feature}_rows on asked.{whose} = {feature}_rows.{whose} and asked.day = {feature}_rows.day "
            f"and asked.predicted_at >= {feature}_rows.moment"
        )
    hidden = "case when before.arrived_at <= asked.predicted_at then before.arrival_delay_minutes end"
    day = "date_trunc('day', scheduled_departure_at at time zone 'America/New_York') as day"
    return f"""
        with flown as (select *, {day} from staging.base_flights where not is_cancelled and not is_diverted),
        asked as (select *, {day} from features.flight_delay_features where is_late is not null),
        {", ".join(ctes)}
        select asked.*, {", ".join(feature for feature, *_ in DAYS)},
            cast({hidden if known else "before.arrival_delay_minutes"} as double) as previous_delay
        from asked
        {" ".join(joins)}
        asof left join flown as before
            on asked.aircraft_id = before.aircraft_id and asked.scheduled_departure_at > before.scheduled_departure_at
    """


def read(project: Project, query: str) -> pa.Table:
    with project.warehouse(read_only=True) as warehouse:
        return warehouse.connection.execute(f"{query} order by flight_id").to_arrow_table()


def schema_of(rows: pa.Table, names: list[str]) -> FeatureSchema:
    import ibis  # noqa: PLC0415

    types = ibis.memtable(rows).schema()
    return feature_schema([(name, types[name]) for name in sorted(names)], "the naive rows")


def fitted(root: Path, schema: FeatureSchema, rows: pa.Table) -> object:
    train = at(rows, "label_known_at") < np.datetime64(TRAIN_UNTIL[:19])
    estimator = build_estimator(root, ESTIMATOR, schema, "binary")
    return estimator.fit(schema.frame(rows.filter(pa.array(train))), late(rows)[train])


def show(title: str, trees: object, schema: FeatureSchema, rows: pa.Table) -> None:
    test = at(rows, "predicted_at") >= np.datetime64(TEST_FROM[:19])
    scores, outcomes = trees.predict_proba(schema.frame(rows.filter(pa.array(test))))[:, 1], late(rows)[test]
    print(
        f"{title:18} {len(outcomes):,} rows  ROC AUC {roc_auc_score(outcomes, scores):.4f}  average precision "
        f"{average_precision_score(outcomes, scores):.4f}  Brier {brier_score_loss(outcomes, scores):.4f}  "
        f"expected late {scores.mean():.1%}, were {outcomes.mean():.1%}"
    )


def at(rows: pa.Table, column: str) -> np.ndarray:
    return rows[column].to_numpy().astype("datetime64[us]")


def late(rows: pa.Table) -> np.ndarray:
    return rows["is_late"].to_numpy(zero_copy_only=False).astype(bool)


if __name__ == "__main__":
    main()

"""The ways of scoring that `run.py` compares, each in a process of its own: prints its cost as JSON."""

import json
import os
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

BEGAN = time.monotonic()

import duckdb  # noqa: E402
import numpy as np  # noqa: E402
import skops.io  # noqa: E402, F401
import xgboost  # noqa: E402

import asof  # noqa: E402
from asof.inference import predict as _  # noqa: E402, F401
from asof.registry.store import Registry  # noqa: E402
from asof.registry.versions import ModelVersion, load_version  # noqa: E402

FIRST = datetime(1900, 1, 2, tzinfo=UTC)
WAREHOUSE = os.environ["ASOF_WAREHOUSE"]


def champion() -> ModelVersion:
    project = asof.Project.open(now="2025-01-01")
    with project.warehouse(read_only=True) as warehouse:
        return load_version(Registry(project, warehouse), "answer", 1, project)


def limit() -> float:
    """The last step alone, on a matrix that is ready: XGBoost's `inplace_predict`, or the estimator's own `predict_proba`."""
    version = champion()
    columns, trees = version.estimator.steps[0][1], version.estimator.steps[-1][1]
    with duckdb.connect(WAREHOUSE, read_only=True) as warehouse:
        rows = warehouse.sql("select * from main_features.question_features").to_arrow_table()
    matrix = np.ascontiguousarray(columns.transform(version.schema.frame(rows)), dtype=np.float32)
    del rows
    if not isinstance(trees, xgboost.XGBModel):
        began = time.monotonic()
        trees.predict_proba(matrix)
        return time.monotonic() - began
    booster = trees.get_booster()
    booster.set_param({"nthread": 2})
    began = time.monotonic()
    booster.inplace_predict(matrix)
    return time.monotonic() - began


def with_asof(*, keep: bool = False) -> float:
    spec = Path("models/answer.yml")
    text = spec.read_text().replace(", keep_features: true", "")
    spec.write_text(text.replace("answer.sql}", "answer.sql, keep_features: true}") if keep else text)
    with duckdb.connect(WAREHOUSE) as warehouse:
        warehouse.execute("drop table if exists predictions.answer")
    began = time.monotonic()
    result = asof.predict("answer", asof.Project.open(now="2025-01-01"), window_from=FIRST)
    seconds = time.monotonic() - began
    assert result.scored_rows == result.window_rows > 0  # noqa: S101
    return seconds


def script() -> float:
    """What is usually written: the model is loaded before the clock starts."""
    version = champion()
    began = time.monotonic()
    with duckdb.connect(WAREHOUSE) as warehouse:
        rows = warehouse.sql("select * from main_features.question_features").df()
        numbers = version.schema.numeric
        rows[numbers] = rows[numbers].astype("float64")
        rows["score"] = version.estimator.predict_proba(rows[version.schema.names])[:, 1]
        rows["decision"] = np.where(rows["score"] >= 0.5, "ask", "leave")
        written = rows[["question_id", "asked_at", "score", "decision"]]  # noqa: F841
        warehouse.execute("create or replace table script_predictions as select * from written")
    return time.monotonic() - began


def compiled() -> float:
    """The version as SQL, by DuckDB."""
    sql = Path("compiled.sql")
    if not sql.exists():
        project = asof.Project.open(now="2025-01-01")
        sql.write_text(asof.compile_model("answer", project).sql)
    with duckdb.connect(WAREHOUSE) as warehouse:
        warehouse.execute("set timezone = 'UTC'")
        began = time.monotonic()
        warehouse.execute(f"create or replace table compiled_predictions as\n{sql.read_text()}")
        return time.monotonic() - began


WAYS = {
    "limit": limit,
    "asof": with_asof,
    "asof, features kept": lambda: with_asof(keep=True),
    "script": script,
    "compiled": compiled,
}


def main() -> None:
    start = peak()
    seconds = WAYS[sys.argv[1]]()
    process = time.monotonic() - BEGAN
    print(json.dumps({"seconds": seconds, "process": process, "megabytes": peak() - start}))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


main()

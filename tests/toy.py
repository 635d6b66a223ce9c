"""A project that is small enough to know every number of it: 200 questions, one every 12 hours, two labels, no dbt run.

Its feature view is a table that DuckDB really holds; only dbt's manifest is written by hand.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from asof import Project

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = 200
NOW = FIRST + timedelta(hours=12) * ROWS  # 2024-04-10

VIEW_SQL = f"""
create or replace table features.toy_view as
select
    i as id,
    timestamptz '{FIRST}' + to_hours(12 * i) as asked_at,
    (i * 37) % 100 as amount,
    case when i % 9 = 0 then null else (i * 11) % 50 / 10 end as weight,
    ['red', 'green', null][1 + i % 3] as colour,
    i % 2 = 0 as is_even,
    (i * 37) % 100 + (i % 7) * 10 > 60 as is_big,
    (i * 37) % 100 + (i % 7) * 10 as size,
    asked_at + to_hours(1) as label_known_at
from range({ROWS}) as t (i)
"""

SPEC = """
name: {name}
description: Is it big? Asked when it comes in.
feature_view: toy_view
label: {label}
problem: {problem}
estimator: training/toy.py:{build}
split: {{validation: 10 days, test: 20 days, gap: 1 day}}
metrics: [{metric}]
slices: [colour]
gates:
  - {gate}
inference: {{window: 2 days}}
"""

ESTIMATORS = """
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder


def columns(schema):
    return ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore"), schema.categorical),
            ("numbers", SimpleImputer(), schema.numeric),
        ]
    )


def classify(schema):
    return Pipeline([("columns", columns(schema)), ("fit", LogisticRegression(max_iter=2000))])


def regress(schema):
    return Pipeline([("columns", columns(schema)), ("fit", LinearRegression())])
"""


@dataclass(frozen=True)
class ToyProject:
    root: Path

    def open(self, now: datetime = NOW, **options) -> Project:
        return Project.open(self.root, now=now.isoformat(), **options)

    def sql(self, statement: str, parameters=()) -> list[tuple]:
        with duckdb.connect(str(self.root / "toy.duckdb")) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(statement, list(parameters) or None).fetchall()

    def record_build(
        self,
        up_to: datetime,
        *,
        at: datetime = NOW,
        view: str = "toy_view",
        target: str = "dev",
        schema: str = "features",
    ) -> None:
        """A build of a view as the package's on-run-end has it."""
        self.sql(
            "create schema if not exists ml; create table if not exists ml.view_builds (relation varchar, model varchar, "
            "built_up_to timestamptz, built_at timestamptz, invocation_id varchar, target varchar, table_schema varchar, "
            "table_name varchar, composition json)"
        )
        self.sql(
            "insert into ml.view_builds by name select ? as relation, ? as model, ? as built_up_to, ? as built_at, "
            "? as invocation_id, ? as target, ? as table_schema, ? as table_name",
            [
                f'"toy"."{schema}"."{view}"',
                f"model.toy.{view}",
                up_to,
                at,
                f"{target} {up_to}",
                target,
                schema,
                view,
            ],
        )

    def edit(self, file: str, old: str, new: str) -> None:
        """Replaces a piece of a file that must be there."""
        path = self.root / file
        content = path.read_text()
        assert old in content, f"{file} does not contain {old!r}"
        path.write_text(content.replace(old, new))


def write_toy_project(root: Path) -> ToyProject:
    files = {
        "profiles.yml": "toy:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: toy.duckdb}\n",
        "dbt_project/dbt_project.yml": "name: toy\nprofile: toy\n",
        "dbt_project/target/manifest.json": json.dumps({"nodes": manifest_nodes(), "sources": {}}),
        "models/big.yml": SPEC.format(
            name="big",
            label="is_big",
            problem="binary",
            build="classify",
            metric="roc_auc, log_loss",
            gate="{metric: roc_auc, min: 0.6}",
        ),
        "models/size.yml": SPEC.format(
            name="size",
            label="size",
            problem="regression",
            build="regress",
            metric="mean_absolute_error",
            gate="{metric: mean_absolute_error, versus: baseline, min_gain: 1.0}",
        ),
        "training/toy.py": ESTIMATORS,
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    toy = ToyProject(root)
    toy.sql("create schema features; " + VIEW_SQL)
    return toy


def manifest_nodes() -> dict[str, dict]:
    def node(name: str, parents: list[str], **meta) -> dict:
        return {
            "unique_id": f"model.toy.{name}",
            "name": name,
            "resource_type": "model",
            "database": "toy",
            "schema": "features",
            "alias": name,
            "config": {"meta": {"asof": meta}},
            "depends_on": {"nodes": [f"model.toy.{parent}" for parent in parents]},
        }

    nodes = [
        node("toy_spine", [], role="spine", key=["id"], as_of="asked_at"),
        node("toy_label", [], role="label", key=["id"], labels=["is_big", "size"], known_at="measured_at"),
        node("toy_view", ["toy_spine", "toy_label"], role="feature_view"),
    ]
    return {found["unique_id"]: found for found in nodes}

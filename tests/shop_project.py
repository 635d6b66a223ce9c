"""A whole project that is small: visits of customers to a shop, two feature groups, and two models that use one of them each.

`buyer` uses what a customer spent lately, `basket` the customer's tier. dbt, training and prediction are real; a build takes
two or three seconds.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from built_once import built_once
from commands import command_environment, run_command
from package import install_package

from asof import Project

NOW = datetime(2024, 3, 1, tzinfo=UTC)

RAW = """
set timezone = 'UTC';
create schema raw;
create table raw.orders as
select
    i as id, i * 7919 % 40 as customer, (i * 104729 % 1000) / 10 as amount,
    case when i % 11 = 0 then 'cancelled' else 'paid' end as status,
    timestamptz '2024-01-01' + to_minutes(30 * i) as ordered_at
from range(2900) as t (i);
create table raw.tiers as
select i % 40 as customer, ['gold', 'silver', 'basic'][1 + i * 31 % 3] as tier, timestamptz '2024-01-01' + to_hours(6 * i) as since
from range(240) as t (i);
create table raw.visits as
select i as id, i * 31 % 40 as customer, timestamptz '2024-01-03' + to_hours(2 * i) as started_at from range(696) as t (i);
create table raw.baskets as
select
    i as visit, (i * 37 % 100 + (i * 31 % 40) * 2)::double as total,
    timestamptz '2024-01-03' + to_hours(2 * i + 1) as closed_at
from range(696) as t (i);
"""


def _spec(name: str, label: str, problem: str, metric: str, exclude: str, limit: str) -> str:
    return f"""
name: {name}
description: What will this visit bring?
feature_view: visit_features
label: {label}
problem: {problem}
estimator: training/visits.py:{problem}
features: {{exclude: [{exclude}]}}
split: {{validation: 5 days, test: 10 days}}
metrics: [{metric}]
gates: [{{metric: {metric}, {limit}}}]
inference: {{window: 2 days}}
"""


FILES = {
    "profiles.yml": """
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: shop.duckdb, threads: 2, settings: {TimeZone: UTC}}
    prod: {type: duckdb, path: shop.duckdb, schema: prod, threads: 2, settings: {TimeZone: UTC}}
""",
    "dbt_project/dbt_project.yml": """
name: shop
profile: shop
flags: {send_anonymous_usage_stats: false}
models: {shop: {+materialized: table}}
""",
    "dbt_project/models/stg_orders.sql": """
select id as order_id, customer as customer_id, amount, ordered_at
from {{ source('raw', 'orders') }}
where status <> 'cancelled' and ordered_at <= {{ asof.now() }}
""",
    "dbt_project/models/customer_orders.sql": """
with orders as (
    select * from {{ ref('stg_orders') }}
),

last_week_of_each as (
    select
        customer_id,
        sum(amount) over last_week as spent_7d,
        count(*) over last_week as orders_7d,
        ordered_at
    from orders
    window last_week as (
        partition by customer_id order by ordered_at range between interval 7 days preceding and current row
    )
)

select customer_id, spent_7d, cast(orders_7d as integer) as orders_7d, ordered_at from last_week_of_each
""",
    "dbt_project/models/customer_tiers.sql": """
select customer as customer_id, tier, since from {{ source('raw', 'tiers') }}
{{ asof.visible('since') }}
""",
    "dbt_project/models/visits.sql": """
select id as visit_id, customer as customer_id, started_at from {{ source('raw', 'visits') }}
{{ asof.visible('started_at') }}
""",
    "dbt_project/models/outcomes.sql": """
select visit as visit_id, total > 80 as is_buyer, total, closed_at from {{ source('raw', 'baskets') }}
{{ asof.visible('closed_at') }}
""",
    "dbt_project/models/visit_features.sql": """
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['visit_id', 'started_at'],
    on_schema_change='fail',
) }}
{{ asof.feature_view(
    spine=ref('visits'),
    features=[asof.features(ref('customer_orders'), ttl='30 days'), asof.features(ref('customer_tiers'))],
    label=ref('outcomes'),
) }}
""",
    "dbt_project/models/shop.yml": """
sources:
  - name: raw
    tables: [{name: orders}, {name: tiers}, {name: visits}, {name: baskets}]
models:
  - name: stg_orders
    columns:
      - name: amount
        data_tests: [not_null]
  - name: customer_orders
    description: What a customer has spent lately.
    config:
      contract: {enforced: true}
      meta: {owner: Sales, asof: {role: feature_group, entity: [customer_id], event_time: ordered_at, known_at: ordered_at}}
    data_tests: [asof.unique_feature_rows]
    columns:
      - {name: customer_id, data_type: bigint}
      - {name: spent_7d, data_type: double, description: Spent in the last 7 days.}
      - {name: orders_7d, data_type: integer}
      - {name: ordered_at, data_type: timestamptz}
  - name: customer_tiers
    config:
      contract: {enforced: true}
      meta: {asof: {role: feature_group, entity: [customer_id], event_time: since, known_at: since}}
    data_tests: [asof.unique_feature_rows]
    columns:
      - {name: customer_id, data_type: bigint}
      - name: tier
        data_type: varchar
        data_tests:
          - accepted_values:
              arguments: {values: [gold, silver, basic]}
              config: {severity: warn, meta: {asof: {stops: models}}}
      - {name: since, data_type: timestamptz}
  - name: visits
    config:
      contract: {enforced: true}
      meta: {asof: {role: spine, key: [visit_id], as_of: started_at}}
    data_tests: [asof.unique_spine_rows]
    columns:
      - {name: visit_id, data_type: bigint}
      - {name: customer_id, data_type: bigint}
      - {name: started_at, data_type: timestamptz}
  - name: outcomes
    config:
      contract: {enforced: true}
      meta: {asof: {role: label, key: [visit_id], labels: [is_buyer, total], known_at: closed_at}}
    data_tests: [asof.unique_label_rows]
    columns:
      - {name: visit_id, data_type: bigint}
      - {name: is_buyer, data_type: boolean}
      - {name: total, data_type: double}
      - {name: closed_at, data_type: timestamptz}
  - name: visit_features
    config:
      contract: {enforced: true}
      meta: {asof: {role: feature_view}}
    columns:
      - {name: visit_id, data_type: bigint}
      - {name: customer_id, data_type: bigint}
      - {name: started_at, data_type: timestamptz}
      - {name: spent_7d, data_type: double}
      - {name: orders_7d, data_type: integer}
      - {name: tier, data_type: varchar}
      - {name: is_buyer, data_type: boolean}
      - {name: total, data_type: double}
      - {name: label_known_at, data_type: timestamptz}
exposures:
  - name: shop_board
    type: dashboard
    owner: {name: Sales}
    depends_on: [ref('visit_features')]
""",
    "models/buyer.yml": _spec("buyer", "is_buyer", "binary", "roc_auc", "customer_id, tier", "min: 0.3"),
    "models/basket.yml": _spec(
        "basket", "total", "regression", "mean_absolute_error", "customer_id, spent_7d, orders_7d", "max: 100"
    ),
    "training/visits.py": """
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder


def _columns(schema):
    return ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore", sparse_output=False), schema.categorical),
            ("numbers", SimpleImputer(), schema.numeric),
        ]
    )


def binary(schema):
    return Pipeline([("columns", _columns(schema)), ("fit", LogisticRegression(max_iter=2000))])


def regression(schema):
    return Pipeline([("columns", _columns(schema)), ("fit", LinearRegression())])
""",
}


@dataclass(frozen=True)
class ShopProject:
    """The shop in a folder of its own."""

    root: Path
    environment: dict[str, str]

    def open(self, now: datetime = NOW, **options) -> Project:
        return Project.open(self.root, now=now.isoformat(), **options)

    def run(self, *command: str, now: datetime = NOW, code: int = 0) -> str:
        """What a command prints on stdout, or its words where it is to fail with an exit code."""
        done = run_command(*command, cwd=self.root, env={**self.environment, "ASOF_NOW": now.isoformat()})
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stdout + done.stderr

    def build(self, *arguments: str, now: datetime = NOW, code: int = 0) -> str:
        return self.run("dbt", "--quiet", "build", "--project-dir", "dbt_project", *arguments, now=now, code=code)

    def sql(self, statement: str) -> list[tuple]:
        with duckdb.connect(str(self.root / "shop.duckdb")) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(statement).fetchall()

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.root / "dbt_project/models" / file
        content = path.read_text()
        assert old in content, f"{file} does not contain {old!r}"
        path.write_text(content.replace(old, new))

    def copy(self, root: Path) -> "ShopProject":
        shutil.copytree(self.root, root, symlinks=True)
        return ShopProject(root, self.environment)


def write_shop(root: Path) -> ShopProject:
    """The shop's files and raw tables; nothing is built yet."""
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.lstrip("\n"))
    install_package(root / "dbt_project")
    with duckdb.connect(str(root / "shop.duckdb")) as connection:
        connection.execute(RAW)
    return ShopProject(root, command_environment())


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory) -> ShopProject:
    """Built, with a champion of each model. Not to be changed: work in a copy."""

    def build(folder: Path) -> None:
        shop = write_shop(folder / "project")
        shop.build()
        for model in ("buyer", "basket"):
            shop.run("asof", "train", model)
            shop.run("asof", "promote", model, "--reason", "the first")

    return ShopProject(built_once(tmp_path_factory, "shop", build) / "project", command_environment())


@pytest.fixture
def shop(built_shop, tmp_path) -> ShopProject:
    """A copy of the shop to work in."""
    return built_shop.copy(tmp_path / "project")

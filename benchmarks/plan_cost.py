"""What `asof plan` costs beside `dbt compile`: a generated project of 200 models in which 5 are changed. Medians of five, in turn.

.venv/bin/python benchmarks/plan_cost.py
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

BIN = Path(sys.executable).parent
PACKAGE = Path(__file__).parents[1] / "src/asof/dbt_package"
GROUPS, DEPTH, CHANGED, RUNS = 24, 8, 5, 5  # 24 groups of eight models each, and eight more

CONTRACT = "      contract: {enforced: true}\n"
PROJECT = """
name: many
profile: many
flags: {send_anonymous_usage_stats: false}
models: {many: {+materialized: view}}
"""
PROFILE = (
    "many: {target: dev, outputs: {dev: {type: duckdb, path: many.duckdb, threads: 2, settings: {TimeZone: UTC}}}}\n"
)
SPEC = """
name: bought
description: A benchmark.
feature_view: features
label: is_yes
problem: binary
estimator: training/many.py:build
split: {validation: 5 days, test: 5 days}
metrics: [roc_auc]
inference: {window: 1 day}
"""


def write(root: Path) -> None:
    """A project whose view joins 24 groups, each at the end of a chain of eight models."""
    models = root / "dbt_project/models"
    models.mkdir(parents=True)
    (root / "profiles.yml").write_text(PROFILE)
    (root / "dbt_project/dbt_project.yml").write_text(PROJECT)
    shutil.copytree(PACKAGE, root / "dbt_project/dbt_packages/asof")
    (root / "dbt_project/packages.yml").write_text("packages: [{local: dbt_packages/asof}]\n")
    yaml = ["sources: [{name: raw, tables: [{name: facts}, {name: asked}]}]", "models:"]
    columns = ["id: bigint", "customer: bigint", "asked_at: timestamptz"]
    for group in range(GROUPS):
        for step in range(DEPTH - 1):
            above = "{{ source('raw', 'facts') }}" if step == 0 else f"{{{{ ref('g{group}_{step - 1}') }}}}"
            (models / f"g{group}_{step}.sql").write_text(
                f"with above as (\n    select * from {above}\n)\n\n"
                f"select customer, amount + {step} as amount, happened_at\nfrom above\nwhere amount > {group - 100 - step}\n"
            )
        (models / f"g{group}.sql").write_text(
            f"select\n    customer,\n    sum(amount) over (\n        partition by customer order by happened_at\n"
            f"        range between interval '{group + 1} days' preceding and current row\n    ) as amount_{group},\n    happened_at\n"
            f"from {{{{ ref('g{group}_{DEPTH - 2}') }}}}\n{{{{ asof.visible('happened_at') }}}}\n"
        )
        meta = "{asof: {role: feature_group, entity: [customer], event_time: happened_at, known_at: happened_at}}"
        yaml.append(
            f"  - name: g{group}\n    config:\n{CONTRACT}      meta: {meta}\n    data_tests: [asof.unique_feature_rows]\n"
            f"    columns: [{{name: customer, data_type: bigint}}, {{name: amount_{group}, data_type: double}}, "
            "{name: happened_at, data_type: timestamptz}]"
        )
        columns.append(f"amount_{group}: double")
    (models / "asked.sql").write_text("select * from {{ source('raw', 'asked') }}\n{{ asof.visible('asked_at') }}\n")
    yaml.append(
        f"  - name: asked\n    config:\n{CONTRACT}      meta: {{asof: {{role: spine, key: [id], as_of: asked_at}}}}\n"
        "    data_tests: [asof.unique_spine_rows]\n    columns: [{name: id, data_type: bigint}, {name: customer, data_type: bigint}, "
        "{name: asked_at, data_type: timestamptz}]"
    )
    features = ",\n        ".join(f"asof.features(ref('g{group}'))" for group in range(GROUPS))
    (models / "features.sql").write_text(
        "{{ config(materialized='table') }}\n{{ asof.feature_view(\n    spine=ref('asked'),\n    features=[\n        "
        f"{features},\n    ],\n) }}}}\n"
    )
    listed = ", ".join(f"{{name: {c.split(':')[0]}, data_type:{c.split(':')[1]}}}" for c in columns)
    yaml.append(
        f"  - name: features\n    config:\n{CONTRACT}      meta: {{asof: {{role: feature_view}}}}\n    columns: [{listed}]"
    )
    for beside in range(6):
        (models / f"beside_{beside}.sql").write_text("select * from {{ ref('features') }}\n")
    (models / "models.yml").write_text("\n".join(yaml) + "\n")
    (root / "models").mkdir()
    (root / "models/bought.yml").write_text(SPEC)
    with duckdb.connect(str(root / "many.duckdb")) as connection:
        connection.execute(
            "set timezone = 'UTC'; create schema raw;"
            "create table raw.facts as select i % 50 as customer, i::double as amount, "
            "timestamptz '2024-01-01' + to_minutes(i) as happened_at from range(1000) as t (i);"
            "create table raw.asked as select i as id, i % 50 as customer, timestamptz '2024-01-01' + to_hours(i) as asked_at "
            "from range(100) as t (i)"
        )


def seconds(root: Path, *command: str) -> float:
    began = time.perf_counter()
    environment = {**os.environ, "ASOF_NOW": "2024-02-01T00:00:00Z", "DBT_PROFILES_DIR": str(root)}
    subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root)
        models = len(list((root / "dbt_project/models").glob("*.sql")))
        seconds(root, "dbt", "--quiet", "run", "--project-dir", "dbt_project")
        for group in range(CHANGED):
            path = root / f"dbt_project/models/g{group}_3.sql"
            path.write_text(path.read_text().replace("amount + 3", "amount + 4"))
        compile_ = ("dbt", "--quiet", "compile", "--project-dir", "dbt_project")
        seconds(root, *compile_)
        pairs = [(seconds(root, *compile_), seconds(root, "asof", "plan", "--json")) for _ in range(RUNS)]
    compiling, planning = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"{models} models, {CHANGED} changed")
    print(f"dbt compile  {compiling:.2f} s")
    print(f"asof plan    {planning:.2f} s   {planning / compiling:.2f} x, {planning / compiling - 1:.2f} x on top")


if __name__ == "__main__":
    main()

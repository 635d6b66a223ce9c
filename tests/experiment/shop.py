"""A whole project that is small: 4,000 questions of 800 customers, two versions that are compared, and dbt for real."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from commands import run_command

from asof import Project

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
QUESTIONS = 4000  # one an hour
TRAINED = FIRST + timedelta(hours=2000)
BEGUN = TRAINED + timedelta(hours=30)  # the experiment: what is asked before does not count
END = FIRST + timedelta(hours=QUESTIONS + 24)

FILES = {
    "profiles.yml": """
shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('SHOP') }}"
      threads: 2
      settings: {TimeZone: UTC}
""",
    "dbt_project/dbt_project.yml": """
name: shop
profile: shop
flags: {send_anonymous_usage_stats: false}
models:
  shop: {+materialized: table, +schema: shop}
""",
    "dbt_project/models/questions.sql": f"""
select
    number as question_id,
    (number * 7919) % 800 as customer_id,
    (number * 104729) % 1000 / 1000e0 as price,
    timestamptz '{FIRST}' + to_hours(number) as asked_at
from (select unnest(range({QUESTIONS})) as number)
""",
    "dbt_project/models/answers.sql": """
select
    question_id,
    hash(question_id) % 1000 < 150 + 700 * price as is_yes,
    asked_at + interval 1 day as answered_at
from {{ ref('questions') }}
""",
    "dbt_project/models/questions_known.sql": """
select
    questions.*,
    answers.is_yes,
    answers.answered_at as label_known_at
from {{ ref('questions') }} as questions
left join {{ ref('answers') }} as answers on questions.question_id = answers.question_id
where questions.asked_at <= {{ asof.now() }}
""",
    "dbt_project/models/answer_experiment.sql": "{{ asof.experiment('answer', ref('questions_known')) }}\n",
    "dbt_project/models/models.yml": """
models:
  - name: questions
    config: {meta: {asof: {role: spine, key: [question_id], as_of: asked_at}}}
    data_tests: [asof.unique_spine_rows]
  - name: answers
    config: {meta: {asof: {role: label, key: [question_id], labels: [is_yes], known_at: answered_at}}}
    data_tests: [asof.unique_label_rows]
  - name: questions_known
    config: {meta: {asof: {role: feature_view}}}
  - name: answer_experiment
    config: {meta: {asof: {role: experiment, model: answer}}}
""",
    "models/answer.yml": """
name: answer
description: Will they say yes? Asked with the price.
feature_view: questions_known
label: is_yes
problem: binary
estimator: training/answer.py:build
features: {exclude: [customer_id]}
split: {validation: 10 days, test: 10 days}
metrics: [log_loss]
inference: {window: 100 days}
""",
    "training/answer.py": """
from sklearn.linear_model import LogisticRegression


def build(schema):
    return LogisticRegression(C=STRENGTH)
""",
}

EXPERIMENT = """
experiment:
  name: winter
  challengers: {challenger: 0.3}
  shadows: [shadow]
  unit: [customer_id]
  metric: brier_score
  smallest_effect: 0.02
  required: true
"""


@dataclass(frozen=True)
class Shop:
    root: Path
    environment: dict[str, str]

    def open(self, now: datetime) -> Project:
        return Project.open(self.root, now=now.isoformat())

    def build(self, now: datetime, *arguments: str) -> str:
        environment = {**self.environment, "ASOF_NOW": now.isoformat()}
        done = run_command("dbt", "build", "--project-dir", "dbt_project", *arguments, cwd=self.root, env=environment)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def asof(self, *arguments: str) -> subprocess.CompletedProcess:
        return run_command("asof", *arguments, cwd=self.root, env=self.environment)

    def sql(self, statement: str, parameters=()) -> list[tuple]:
        with duckdb.connect(self.environment["SHOP"]) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(statement, list(parameters) or None).fetchall()

    def write(self, **replacements: str) -> None:
        for name, content in FILES.items():
            text = content
            for old, new in replacements.items():
                text = text.replace(old, new)
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip())

"""A dbt project of three models over raw tables of a handful of rows, for replays of every kind of relation."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
from commands import command_environment, run_command
from package import install_package

NOW = "2024-05-01T20:00:00Z"

# What the shop's prices were, from when on it was known; the group's feature is a running maximum.
RAW = """
create schema raw;
create table raw.prices as
select i as price, timestamptz '2024-05-01 08:00:00+00' + to_minutes(30 * i) as priced_at from range(20) as t (i);
create table raw.questions as
select i as id, timestamptz '2024-05-01 08:10:00+00' + to_hours(i) as asked_at from range(11) as t (i);
"""

FILES = {
    "profiles.yml": """
        small:
          target: dev
          outputs: {dev: {type: duckdb, path: small.v1.duckdb, settings: {TimeZone: UTC}}}
    """,
    "dbt_project/dbt_project.yml": """
        name: small
        profile: small
        flags: {send_anonymous_usage_stats: false}
        models: {small: {+materialized: table}}
    """,
    "dbt_project/models/parts.yml": """
        sources:
          - name: raw
            tables: [{name: prices}, {name: questions}]
          - name: again
            schema: raw
            tables: [{name: prices}]
        models:
          - name: questions
            config: {meta: {asof: {role: spine, key: [id], as_of: asked_at}}}
            data_tests: [asof.unique_spine_rows]
          - name: prices
            config: {meta: {asof: {role: feature_group, entity: [], event_time: priced_at, known_at: priced_at}}}
            data_tests: [asof.unique_feature_rows]
          - name: view
            config: {meta: {asof: {role: feature_view}}}
    """,
    "dbt_project/models/questions.sql": "select * from {{ source('raw', 'questions') }} where asked_at <= {{ asof.now() }}",
    "dbt_project/models/view.sql": """
        {{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('prices'), columns=['highest'])]) }}
    """,
}
HONEST = "max(price) over (order by priced_at)"
LEAKY = "max(price) over ()"
GATED = (
    "select priced_at, {feature} as highest from {{{{ source('raw', 'prices') }}}} {{{{ asof.visible('priced_at') }}}}"
)


@dataclass(frozen=True)
class SmallProject:
    """The project in a folder of its own."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / "small.v1.duckdb"

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess:
        return run_command(*command, cwd=self.root, env={**command_environment(), **more})

    def build(self, now: str = NOW) -> None:
        done = self.run("dbt", "build", "--project-dir", "dbt_project", ASOF_NOW=now)
        assert done.returncode == 0, done.stdout

    def replay(self, *arguments: str) -> tuple[int, str, str]:
        done = self.run("asof", "replay", "view", "--now", NOW, *arguments)
        return done.returncode, done.stdout, done.stderr

    def sql(self, statement: str) -> list[tuple]:
        with duckdb.connect(str(self.file)) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(statement).fetchall()

    def write(self, name: str, content: str) -> None:
        (self.root / name).write_text(content)


def write_small_project(root: Path, group: str) -> SmallProject:
    """The project with this SQL as its group; the raw tables are there, nothing is built."""
    for name, content in {**FILES, "dbt_project/models/prices.sql": group}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = content.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip())
        path.write_text("\n".join(line[indent:] for line in lines) + "\n")
    install_package(root / "dbt_project")
    project = SmallProject(root)
    project.sql(RAW)
    return project

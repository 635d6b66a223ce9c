"""Writes the projects of `random_drawing.py` as models of one dbt project, and fills their raw tables."""

from pathlib import Path

import duckdb
from package import install_package
from random_drawing import STEPS, RandomProject, at

_FIRST = {
    "incremental": """{{{{ config(materialized='incremental', unique_key=['shop', 'happened_at', 'learned_at']) }}}}
select * from {{{{ source('raw', '{name}_facts0') }}}}
where {{{{ asof.new_since('learned_at', of=source('raw', '{name}_facts0')) }}}}
""",
    "view": "select * from {{{{ source('raw', '{name}_facts0') }}}}\n{{{{ asof.visible('learned_at') }}}}\n",
    "table": "{{{{ config(materialized='table') }}}}\nselect * from {{{{ source('raw', '{name}_facts0') }}}}\n"
    "{{{{ asof.visible('learned_at') }}}}\n",
}
_TRAILING = "{{{{ asof.trailing(source('raw', '{name}_facts1'), ['shop'], 'learned_at', '3 hours', {{'second': 'count(*)'}}) }}}}"
_SECOND = {
    "trailing": _TRAILING + "\n",
    # the window reads what it needs again, and gives rows for the moments since
    "trailing_new": """{{{{ config(materialized='incremental', unique_key=['shop', 'changed_at']) }}}}
with facts as (
    select shop, learned_at from {{{{ source('raw', '{name}_facts1') }}}}
    where {{{{ asof.new_since('learned_at', lookback='3 hours', of=source('raw', '{name}_facts1')) }}}}
),

moments as (
    select shop, learned_at as changed_at from facts
    union
    select shop, learned_at + interval '3 hours' as changed_at from facts
)

select moments.shop, moments.changed_at, count(facts.learned_at) as second
from moments
left join facts
    on
        moments.shop = facts.shop
        and facts.learned_at <= moments.changed_at
        and facts.learned_at > moments.changed_at - interval '3 hours'
where {{{{ asof.new_since('moments.changed_at') }}}}
group by moments.shop, moments.changed_at
""",
    "view": """select shop, learned_at as changed_at, min(coalesce(value, 99)) as second
from {{{{ source('raw', '{name}_facts1') }}}}
where learned_at <= {{{{ asof.now() }}}}
group by shop, learned_at
""",
}
_MODELS = """
  - name: {name}_first
    config: {{meta: {{asof: {{role: feature_group, entity: [shop], event_time: happened_at, known_at: learned_at{ttl}}}}}}}
    data_tests: [asof.unique_feature_rows]
  - name: {name}_second
    config: {{meta: {{asof: {{role: feature_group, entity: [shop], event_time: changed_at, known_at: changed_at}}}}}}
    data_tests: [asof.unique_feature_rows]
  - name: {name}_spine
    config: {{meta: {{asof: {{role: spine, key: [{key}], as_of: asked_at}}}}}}
    data_tests: [asof.unique_spine_rows]
  - name: {name}_label
    config: {{meta: {{asof: {{role: label, key: [{key}], labels: [outcome], known_at: known_at}}}}}}
    data_tests: [asof.unique_label_rows]
  - name: {name}_view
    config: {{meta: {{asof: {{role: feature_view}}}}}}
"""
_VIEW = """{{{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['{key}', 'asked_at']) }}}}
{{{{ asof.feature_view(
    spine=ref('{name}_spine'),
    features=[asof.features(ref('{name}_first'), columns=['value']), asof.features(ref('{name}_second'))],
    label=ref('{name}_label'),
) }}}}
"""


def write(root: Path, projects: list[RandomProject]) -> None:
    """The dbt project that holds these projects, each by its name."""
    install_package(root)
    (root / "dbt_project.yml").write_text(
        "name: many\nversion: 1.0.0\nconfig-version: 2\nprofile: many\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (root / "profiles.yml").write_text(
        "many: {target: dev, outputs: {dev: {type: duckdb, path: many.duckdb, threads: 2, settings: {TimeZone: UTC}}}}\n"
    )
    folder = root / "models"
    folder.mkdir()
    models, tables = ["models:"], ["sources:\n  - name: raw\n    tables:"]
    for project in projects:
        names = {
            "name": project.name,
            "key": project.key[0],
            "ttl": f", ttl: {project.ttl} hours" if project.ttl else "",
        }
        models.append(_MODELS.format(**names))
        tables += [f"      - name: {project.name}_{table}" for table in ("facts0", "facts1", "questions", "answers")]
        of_question = "shop, asked_at" if project.periodic else "id, shop, asked_at"
        texts = {
            "first": _FIRST[project.forms[0]].format(**names),
            "second": _SECOND[project.forms[1]].format(**names),
            "spine": f"select {of_question} from {{{{ source('raw', '{project.name}_questions') }}}}\n",
            "label": f"select {of_question.replace(', shop', '')}, outcome, known_at "
            f"from {{{{ source('raw', '{project.name}_answers') }}}}\n",
            "view": _VIEW.format(**names),
        }
        for part, text in texts.items():
            (folder / f"{project.name}_{part}.sql").write_text(text)
    (folder / "models.yml").write_text("\n".join(models) + "\n")
    (folder / "sources.yml").write_text("\n".join(tables) + "\n")


def load(file: Path, projects: list[RandomProject], step: int) -> None:
    """The raw tables as they are at a step."""
    columns = {
        "facts": "shop varchar, happened_at timestamptz, learned_at timestamptz, value integer",
        "questions": "id integer, shop varchar, asked_at timestamptz",
        "answers": "id integer, shop varchar, asked_at timestamptz, outcome boolean, known_at timestamptz",
    }
    with duckdb.connect(str(file)) as connection:
        connection.execute("set timezone = 'UTC'; create schema if not exists raw")
        for project in projects:
            tables = {
                "facts0": project.facts_at(0, STEPS[step]),
                "facts1": project.facts_at(1, STEPS[step]),
                "questions": project.questions[step],
                "answers": project.answers[step],
            }
            for table, rows in tables.items():
                types = columns[table.rstrip("01")]
                connection.execute(f"create or replace table raw.{project.name}_{table} ({types})")
                moments = [n for n, column in enumerate(types.split(", ")) if column.endswith("timestamptz")]
                marks = ", ".join("?" * len(types.split(", ")))
                for row in rows:
                    values = [at(v) if n in moments and v is not None else v for n, v in enumerate(row)]
                    connection.execute(f"insert into raw.{project.name}_{table} values ({marks})", values)

"""Random small dbt projects: built in steps, built in full, and the rule in plain Python give one table.

    .venv/bin/python tests/dbt_package/random_projects.py                     1,000 projects
    .venv/bin/python tests/dbt_package/random_projects.py --projects 40 --seed 3

A project is a spine (events or a question each few hours, one or two columns of key), two feature groups in one of several
forms, a label, and an incremental view. At each step of the clock its raw tables get what has happened since: facts, of which
some are late, NULL, restated or known ahead; questions that are moved or deleted; outcomes that are corrected or taken back.
Some projects end with a row that must be refused. Many projects are models of one dbt project, so that one build is for all.

What is expected is worked out without SQL: `rule_in_python.answer`, over the facts that had reached the warehouse when a
question was first built (in full: at the end). Where no fact came later than it says, both must be one table.
"""

import argparse
import random
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).parents[1]))
from commands import command_environment, run_command
from package import install_package
from rule_in_python import Fact, answer

START = datetime(2024, 5, 1, tzinfo=UTC)
STEPS = (8, 14, 20)  # hours at which the projects are built
AT_ONCE = 40  # projects in one dbt project
SHOPS = ("A", "A", "B", "C")

Row = tuple  # of a raw table


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


@dataclass
class RandomProject:
    """What a project is made of, and what its raw tables hold at each step."""

    name: str
    periodic: bool  # the key repeats: a question is shop and moment
    forms: tuple[str, str]
    ttl: int | None
    bad: str | None  # the row of the last step that must be refused
    facts: tuple[list[tuple[float, Row]], list[tuple[float, Row]]]  # when each reached the warehouse, and the fact
    questions: list[list[Row]] = field(default_factory=list)  # at each step
    answers: list[list[Row]] = field(default_factory=list)

    @property
    def key(self) -> list[str]:
        return ["shop"] if self.periodic else ["id"]

    def facts_at(self, group: int, hour: float) -> list[Row]:
        return [fact for arrived, fact in self.facts[group] if arrived <= hour]

    def is_honest(self) -> bool:
        return all(arrived <= 0 or fact[2] is None or arrived <= fact[2] for each in self.facts for arrived, fact in each)


def random_project(name: str, rng: random.Random) -> RandomProject:
    periodic = rng.random() < 0.5
    late = rng.random() < 0.4
    project = RandomProject(
        name=name,
        periodic=periodic,
        forms=(rng.choice(("incremental", "incremental", "view", "table")), rng.choice(("trailing", "trailing_new", "view"))),
        ttl=rng.choice((None, None, 3, 6)),
        bad=rng.choice((None,) * 8 + ("fact twice", "question twice", "question of nobody", "outcome twice")),
        facts=(_random_facts(rng, late), _random_facts(rng, late)),
    )
    _random_questions(project, rng)
    return project


def _random_facts(rng: random.Random, late: bool) -> list[tuple[float, Row]]:
    """(arrived, (shop, happened, learned, value)); times are hours, without a NULL among those that a window needs."""
    found, seen = [], set()
    for _ in range(rng.randrange(25)):
        happened = rng.choice((None,) + tuple(range(22)) * 2) if rng.random() < 0.5 else float(rng.randrange(22))
        learned = None if rng.random() < 0.05 else (happened or 0) + rng.choice((0, 0, 0, 1, 5, -1))
        shop = rng.choice((*SHOPS, *SHOPS, None))
        if (shop, happened, learned) in seen:
            continue
        seen.add((shop, happened, learned))
        # 0 is there from the beginning, and hidden by the clock; a late one comes after it says that it was known
        arrived = rng.choice((0, learned or 0))
        if late and rng.random() < 0.3:
            arrived = (learned or 0) + rng.choice((0.5, 2, 7))
        found.append((arrived, (shop, happened, learned, rng.choice((None, *range(10))))))
    return found


def _random_questions(project: RandomProject, rng: random.Random) -> None:
    if project.periodic:
        every = rng.choice((2, 4))
        now = {(shop, hour): (None, shop, hour) for shop in ("A", "B", "C") for hour in range(1, 24, every)}
    else:
        now = {n: (n, rng.choice((*SHOPS, "D")), float(rng.randrange(1, 22))) for n in range(rng.randrange(1, 12))}
    outcomes: dict = {}
    for _ in STEPS:
        for name in list(now):
            luck = rng.random()
            if luck < 0.06:
                del now[name]
                outcomes.pop(name, None)
            elif luck < 0.12 and not project.periodic:
                number, shop, _ = now[name]
                now[name] = (number, shop, rng.randrange(1, 22) + 0.5)
                outcomes.pop(name, None)
            elif luck < 0.5:
                number, shop, hour = now[name]
                known = hour + rng.choice((1, 3, 8))
                outcomes[name] = (number, shop, hour, rng.random() < 0.5, known)
            elif luck < 0.55:
                outcomes.pop(name, None)
        project.questions.append(list(now.values()))
        project.answers.append([outcome for name, outcome in outcomes.items() if name in now])
    if project.bad == "question of nobody":
        project.questions[-1].append((None, None, 2.0))
    elif project.bad == "question twice" and project.questions[-1]:
        project.questions[-1].append(project.questions[-1][0])
    elif project.bad == "outcome twice" and project.answers[-1]:
        number, shop, hour, value, known = project.answers[-1][0]
        project.answers[-1].append((number, shop, hour, not value, known))
    elif project.bad == "fact twice":
        project.facts[0].extend([(STEPS[-1], ("A", 19.0, 19.5, 1)), (STEPS[-1], ("A", 19.0, 19.5, 2))])
    else:
        project.bad = None


# --- what is expected -------------------------------------------------------------------------------------------------


def expected(project: RandomProject, *, in_full: bool) -> list[Row]:
    """The view after the last step: key, moment, both features, label, and when that was known."""
    built: dict[Row, Row] = {}
    for step, hour in enumerate(STEPS):
        questions = [row for row in project.questions[step] if row[2] <= hour]
        if in_full:
            built = {}
            if step + 1 < len(STEPS):
                continue
        built = {row: built[row] for row in questions if row in built}
        for row in questions:
            if row not in built:
                built[row] = _features(project, row, hour)
        outcomes = {(number, shop, moment): (value, known) for number, shop, moment, value, known in project.answers[step]}
        labelled = {}
        for row, features in built.items():
            value, known = outcomes.get(row, (None, None))
            seen = known is not None and known <= hour
            labelled[row] = (*features[:2], value if seen else None, at(known) if seen else None)
        built = labelled
    key = 1 if project.periodic else 0
    return sorted(((row[key], at(row[2]), *rest) for row, rest in built.items()), key=lambda row: (str(row[0]), row[1]))


def _features(project: RandomProject, question: Row, hour: float) -> Row:
    _, shop, asked = question
    found = answer(
        [
            Fact((shop_,), happened if happened is None else at(happened), learned if learned is None else at(learned), (value,))
            for shop_, happened, learned, value in project.facts_at(0, hour)
        ],
        (shop,),
        at(asked),
        timedelta(hours=project.ttl) if project.ttl else None,
    )
    return (None if found is None else found[0], _second(project, shop, asked, hour))


def _second(project: RandomProject, shop: str, asked: float, hour: float) -> int | None:
    """A plain group of facts that are known when they happen, or how many were learned in the three hours before."""
    known = [fact for fact in project.facts_at(1, hour) if fact[0] == shop and fact[2] is not None and fact[2] <= asked]
    if not known:
        return None
    if project.forms[1] == "view":
        newest = max(fact[2] for fact in known)
        return min(fact[3] if fact[3] is not None else 99 for fact in known if fact[2] == newest)
    return sum(fact[2] > asked - 3 for fact in known)


# --- the dbt project ---------------------------------------------------------------------------------------------------

_FIRST = {
    "incremental": """{{{{ config(materialized='incremental', unique_key=['shop', 'happened_at', 'learned_at']) }}}}
select * from {{{{ source('raw', '{name}_facts0') }}}}
where {{{{ asof.new_since('learned_at', of=source('raw', '{name}_facts0')) }}}}
""",
    "view": "select * from {{{{ source('raw', '{name}_facts0') }}}}\n{{{{ asof.visible('learned_at') }}}}\n",
    "table": "{{{{ config(materialized='table') }}}}\nselect * from {{{{ source('raw', '{name}_facts0') }}}}\n"
    "{{{{ asof.visible('learned_at') }}}}\n",
}
_TRAILING = (
    "{{{{ asof.trailing(source('raw', '{name}_facts1'), ['shop'], 'learned_at', '3 hours', {{'second': 'count(*)'}}) }}}}"
)
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
        names = {"name": project.name, "key": project.key[0], "ttl": f", ttl: {project.ttl} hours" if project.ttl else ""}
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
                moments = [place for place, column in enumerate(types.split(", ")) if column.endswith("timestamptz")]
                values = [
                    tuple(at(v) if place in moments and v is not None else v for place, v in enumerate(row)) for row in rows
                ]
                if values:
                    marks = ", ".join("?" * len(values[0]))
                    connection.executemany(f"insert into raw.{project.name}_{table} values ({marks})", values)


def view_of(file: Path, project: RandomProject) -> list[Row]:
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        key = project.key[0]
        found = connection.execute(
            f"select {key}, asked_at, value, second, outcome, label_known_at from {project.name}_view"
        ).fetchall()
    return sorted(found, key=lambda row: (str(row[0]), row[1]))


def build(root: Path, hour: float, *arguments: str) -> str:
    """What dbt printed; some models may be refused."""
    environment = {**command_environment(), "ASOF_NOW": at(hour).isoformat()}
    done = run_command("dbt", "build", *arguments, cwd=root, env=environment)
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout


def check(projects: list[RandomProject], root: Path) -> list[str]:
    """Builds these projects in steps and in full; what came out otherwise than expected, in words."""
    write(root, projects)
    file, wrong = root / "many.duckdb", []
    good = [project for project in projects if project.bad is None]
    for step, hour in enumerate(STEPS):
        load(file, projects, step)
        before = {project.name: view_of(file, project) for project in projects if project.bad and step + 1 == len(STEPS)}
        build(root, hour)
    for project in projects:
        if project.bad and view_of(file, project) != before[project.name]:
            wrong.append(f"{project.name}: {project.bad} was not refused")
    wrong += [_compare(project, "in steps", view_of(file, project), expected(project, in_full=False)) for project in good]
    build(root, STEPS[-1], "--full-refresh")
    for project in good:
        in_full = view_of(file, project)
        wrong.append(_compare(project, "in full", in_full, expected(project, in_full=True)))
        if project.is_honest() and expected(project, in_full=False) != in_full:
            wrong.append(f"{project.name}: the rule itself differs in steps and in full")
    return [*filter(None, wrong)]


def _compare(project: RandomProject, how: str, found: list[Row], right: list[Row]) -> str:
    if found == right:
        return ""
    rows = [f"    {a}\n    {b} expected" for a, b in zip(found, right, strict=False) if a != b][:3]
    return f"{project.name} {how} ({project}): {len(found)} rows, {len(right)} expected\n" + "\n".join(rows)


def run(count: int, seed: int) -> list[str]:
    rng, wrong = random.Random(seed), []
    for first in range(0, count, AT_ONCE):
        projects = [random_project(f"p{first + n}", rng) for n in range(min(AT_ONCE, count - first))]
        root = Path(tempfile.mkdtemp(prefix="asof-random-"))
        try:
            found = check(projects, root)
        finally:
            shutil.rmtree(root)
        wrong += found
        if sys.stderr.isatty() or count > AT_ONCE:
            print(f"{first + len(projects)} projects, {len(wrong)} wrong", file=sys.stderr, flush=True)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    wrong = run(given.projects, given.seed)
    print("\n".join(wrong) or f"{given.projects} projects: in steps, in full and the rule in plain Python are one table")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

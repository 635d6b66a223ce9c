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
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).parents[1]))
from commands import command_environment, run_command
from random_drawing import STEPS, RandomProject, Row, at, expected, random_project
from random_files import load, write

AT_ONCE = 40  # projects in one dbt project


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
        before = {
            project.name: view_of(file, project) for project in projects if project.bad and step + 1 == len(STEPS)
        }
        build(root, hour)
    wrong += [
        f"{project.name}: {project.bad} was not refused"
        for project in projects
        if project.bad and view_of(file, project) != before[project.name]
    ]
    wrong += [
        _compare(project, "in steps", view_of(file, project), expected(project, in_full=False)) for project in good
    ]
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
    print(
        "\n".join(wrong) or f"{given.projects} projects: in steps, in full and the rule in plain Python are one table"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""CPU seconds of the usual commands at another commit and at this one, in turn: what a change of the code costs.

    git worktree add /tmp/before <commit>
    .venv/bin/python benchmarks/two_commits.py /tmp/before              five rounds
    .venv/bin/python benchmarks/two_commits.py /tmp/before --rounds 1

Both run in this environment, each with its own `src` first on the path and with a project and warehouse of its own. CPU seconds
are those of a command and its children, user and system; on a shared machine they vary less than the time it takes.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
NOW = ["--now", "2025-01-01"]
ROWS = 300_000
AGAIN = ["--from", "2020-01-01", "--again"]

COMMANDS = {
    "asof --help": ["--help"],
    "asof status": ["status", *NOW],
    "asof lint": ["lint", *NOW],
    "asof train, 300,000 rows": ["train", "answer", *NOW],
    "asof predict --again, 300,000 rows": ["predict", "answer", *AGAIN, *NOW],
    "asof compile": ["compile", "answer", *NOW],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="a checkout of the other commit")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as name:
        sides = {
            side: prepared(Path(name) / side, checkout.resolve())
            for side, checkout in (("before", given.before), ("now", HERE.parent))
        }
        print(f"{'':38}{'before':>9}{'now':>9}  ratio, medians of {given.rounds}")
        for title, arguments in COMMANDS.items():
            seconds: dict[str, list[float]] = {side: [] for side in sides}
            for _ in range(given.rounds):
                for side, (root, environment) in sides.items():
                    seconds[side].append(cpu_seconds(root, environment, arguments))
            before, now = (statistics.median(found) for found in seconds.values())
            print(f"{title:38}{before:8.2f}s{now:8.2f}s{now / before:7.3f}", flush=True)


def prepared(root: Path, checkout: Path) -> tuple[Path, dict[str, str]]:
    """A project whose view is built and whose champion is promoted, with the code of a checkout."""
    shutil.copytree(checkout / "benchmarks/question_project", root)
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout / "src"),
        "ASOF_WAREHOUSE": str(root / "bench.duckdb"),
        "DBT_PROFILES_DIR": str(root),
        "PYTHONWARNINGS": "ignore",
        "TREES": "100",
        "THREADS": "2",
    }
    with (root / "dbt_project/dbt_project.yml").open("a") as file:
        file.write(f"vars: {{rows: {ROWS}}}\n")
    build = ["dbt", "--quiet", "build", "--project-dir", "dbt_project"]
    for program, *arguments in (build, ["asof", "train", "answer", *NOW], ["asof", "promote", "answer", *NOW]):
        subprocess.run([BIN / program, *arguments], cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
    return root, environment


def cpu_seconds(root: Path, environment: dict[str, str], arguments: list[str]) -> float:
    """User and system time of a command with its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [BIN / "asof", *arguments],
        cwd=root,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()

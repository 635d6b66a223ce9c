"""Counts how many small mistakes the tests find: changes one thing in a module, runs its tests, and looks if they fail.

    .venv/bin/python tests/mutants.py                          the modules below, eight mutants each, about half an hour
    .venv/bin/python tests/mutants.py --mutants 3 aliases.py   one of them

Mutants are chosen by a seed, so that two states of the tests can be compared on the same mistakes: with --tests ROOT the
tests of another checkout run against them. Nothing in the repository is changed: mutants live in a copy of `src`.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

# A module, and the tests that are there for it
MODULES = {
    "src/asof/inference/batch/window.py": [
        "tests/inference/batch/test_behaviours.py",
        "tests/inference/batch/test_predict.py",
    ],
    "src/asof/inference/batch/statements.py": ["tests/inference"],
    "src/asof/registry/aliases.py": ["tests/registry/test_aliases.py"],
    "src/asof/registry/moving.py": ["tests/registry/test_aliases.py", "tests/registry/test_rollback.py"],
    "src/asof/training/compare.py": ["tests/training/test_compare.py"],
    "src/asof/dbt_package/macros/feature_view/duckdb.sql": ["tests/dbt_package/test_random.py"],
}

# What is changed in SQL; in Python any comparison, sum, constant or condition is
SQL = [
    ("greatest(", "least("),
    (" desc, {{ known_at }} desc", ", {{ known_at }} desc"),
    ("= max({{ event_time }})", "= min({{ event_time }})"),
    ("is distinct from lag(", "is not distinct from lag("),
    ("}} >= {{", "}} > {{"),
    ("lag(asof_visible_from) over", "lead(asof_visible_from) over"),
    (" desc, {{ known_at }} desc", " desc, {{ known_at }}"),
    ("asof left join", "left join"),
]
COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="ends of paths of the modules; all if none is given")
    parser.add_argument("--mutants", type=int, default=8, help="of each module")
    parser.add_argument("--tests", type=Path, default=ROOT, help="the checkout whose tests and environment are used")
    given = parser.parse_args()
    for module, tests in MODULES.items():
        if not given.modules or any(module.endswith(name) for name in given.modules):
            found = [survives(module, text, tests, given.tests.resolve()) for text in mutants(module, given.mutants)]
            print(f"{module}: {found.count(False)} of {len(found)} mutants killed", flush=True)


def mutants(module: str, most: int) -> Iterator[str]:
    """Texts of a module with one mistake each."""
    text = (ROOT / module).read_text()
    if module.endswith(".sql"):
        yield from (text.replace(old, new) for old, new in SQL[:most] if old in text)
        return
    places = len(list(_changes(ast.parse(text))))
    for place in sorted(random.Random(0).sample(range(places), min(most, places))):
        tree = ast.parse(text)
        list(_changes(tree))[place]()
        yield ast.unparse(tree)


def _changes(tree: ast.AST) -> Iterator:
    """Functions that each make one mistake in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
            yield lambda node=node: node.ops.__setitem__(0, COMPARISONS[type(node.ops[0])]())
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield lambda node=node, other=other: setattr(node, "op", other)
        elif isinstance(node, ast.BoolOp):
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield lambda node=node, other=other: setattr(node, "op", other)
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            yield lambda node=node: setattr(node, "value", node.value + 1)
        elif isinstance(node, (ast.If, ast.IfExp)):
            yield lambda node=node: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))


def survives(module: str, text: str, tests: list[str], root: Path) -> bool:
    """Whether the tests pass on a mutant."""
    with tempfile.TemporaryDirectory(prefix="asof-mutant-") as folder:
        checkout = Path(folder)
        for name in ("tests", "pyproject.toml", "dbt_project", "models"):
            copy = shutil.copytree if (root / name).is_dir() else shutil.copy
            copy(root / name, checkout / name)
        shutil.copytree(ROOT / "src", checkout / "src")
        (checkout / module).write_text(text)
        python = root / ".venv/bin/python" if (root / ".venv").exists() else sys.executable
        done = subprocess.run(
            [python, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout / "src")},
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=900,
        )
        if done.returncode not in (0, 1, 2):
            sys.exit(f"pytest ended with {done.returncode} on a mutant of {module}")
        return done.returncode == 0


if __name__ == "__main__":
    main()

"""`make test-fast`: the tests that what you are changing can break, those that are quick.

    .venv/bin/python tests/fast.py              what differs from the last commit
    .venv/bin/python tests/fast.py --since main what differs from main

A test file is run when it is changed itself, when it imports a changed module of asof, or when it is the test of a module
that imports a changed one (tests/training/test_train.py is that of asof.training.train); helpers of the tests count as part
of the tests that import them. Which module imports which is read from the code. Tests that build a dbt project or start a
server or a command are left to `make test`. It takes under a minute, unless half of the engine imports what has changed.
"""

import argparse
import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp

import asof

TESTS = Path(__file__).parent
ROOT = TESTS.parent
NOTHING_COLLECTED = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--since", default="HEAD", help="the commit to compare with")
    parser.add_argument("--list", action="store_true", help="print the test files and run nothing")
    given = parser.parse_args()
    chosen = sorted(affected_tests(changed_files(given.since)))
    if not chosen:
        print("nothing that a test imports has changed")
        return 0
    print("\n".join(str(path.relative_to(ROOT)) for path in chosen), flush=True)
    if given.list:
        return 0
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-n", "logical", "--dist", "worksteal"]
    code = subprocess.run([*command, *map(str, chosen)], cwd=ROOT, check=False).returncode
    return 0 if code == NOTHING_COLLECTED else code


def changed_files(since: str) -> set[Path]:
    """Files of the working tree that differ from a commit, new ones among them."""
    listed = ["git", "diff", "--name-only", "-z", since], ["git", "ls-files", "-z", "--others", "--exclude-standard"]
    output = (subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True) for command in listed)
    return {ROOT / name for done in output for name in done.stdout.split("\0") if name}


def affected_tests(changed: Iterable[Path]) -> set[Path]:
    """The test files that a change of these files can break, by what they import."""
    changed = set(changed)
    graph = grimp.build_graph("asof")
    modules = {module for path in changed if (module := module_of(path)) in graph.modules}
    importers = {other for module in modules for other in graph.find_modules_that_directly_import(module)}
    sources = {path: set(imports(path)) for path in TESTS.rglob("*.py")}
    by_name = {path.stem: path for path in sources}
    reached = {path for path, names in sources.items() if path in changed or names & modules}
    reached |= {test_of(module) for module in importers} & set(sources)
    while True:  # a helper reaches the tests that import it, a conftest those of its folder
        more = {
            path
            for path, names in sources.items()
            if path not in reached
            and (any(by_name.get(name) in reached for name in names) or any(c in reached for c in conftests(path)))
        }
        if not more:
            break
        reached |= more
    return {path for path in reached if path.name.startswith("test_")}


def module_of(path: Path) -> str:
    """The module of asof that a file is, or that its content belongs to: templates and SQL are part of their package."""
    source = ROOT / "src"
    if not path.is_relative_to(source):
        return ""
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if path.suffix != ".py" or parts[-1] == "__init__" else parts)


def test_of(module: str) -> Path:
    """Where the test of a module is, if it has one."""
    _, *folders, name = module.split(".")
    return TESTS.joinpath(*folders, f"test_{name}.py")


def imports(path: Path) -> Iterator[str]:
    """Every name that a file imports, wherever in it: modules, and what may be modules of them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            if node.module == "asof":  # whose names live in other modules, and are loaded when they are used
                yield from (asof._HOMES[alias.name] for alias in node.names if alias.name in asof._HOMES)


def conftests(path: Path) -> Iterator[Path]:
    """The conftest files below `tests/` that hold for a test file; the one of all tests is asked for by name only."""
    for folder in path.parents:
        if folder == TESTS:
            return
        yield folder / "conftest.py"


if __name__ == "__main__":
    sys.exit(main())

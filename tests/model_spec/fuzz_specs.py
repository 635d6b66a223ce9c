"""Damages model specs and a project's other YAML, and looks at what reading them ends with.

    .venv/bin/python tests/model_spec/fuzz_specs.py                     1,000 files
    .venv/bin/python tests/model_spec/fuzz_specs.py --cases 50 --seed 3

An error of asof is what is expected; a file that still means something is none the worse. Anything else is counted by its name.
"""

import collections
import copy
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

sys.path.append(str(Path(__file__).parents[1]))
from fuzz_command import fuzz_command
from toy import ToyProject, write_toy_project

from asof import check
from asof.errors import AsofError

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        10**40,
        1e308,
        float("nan"),
        float("inf"),
        "",
        " ",
        "\x00",
        "\x1b[31m",
        "é" * 500,
        "a: b",
        "{{ x }}",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        {"a": {"b": []}},
        "2024-02-30",
        "1 parsec",
        "-3 days",
        "9" * 400,
        "../../etc",
        "a" * 100_000,
    ),
)
FILES = ("models/big.yml", "models/big.yml", "models/big.yml", "profiles.yml", "dbt_project/dbt_project.yml")
_LIMIT = 20  # seconds


def damaged(text: str, rng: random.Random) -> str:
    """A copy with one thing changed: a value of the tree, a key, a line, or characters of the text."""
    kind = rng.choice(("value", "value", "value", "key", "line", "text", "more"))
    if kind in ("line", "text"):
        return _other_text(text, kind, rng)
    tree = copy.deepcopy(yaml.safe_load(text))
    holders: list[tuple[Any, Any]] = []

    def visit(value: Any) -> None:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            holders.append((value, key))
            if isinstance(value[key], (dict, list)):
                visit(value[key])

    visit(tree)
    holder, key = rng.choice(holders)
    if kind == "value":
        holder[key] = rng.choice(ODD)
    elif kind == "key" and isinstance(holder, dict):
        holder[rng.choice(("nam", "", "0", "vars", key + "s"))] = holder.pop(key)
    elif isinstance(holder, dict):
        holder[rng.choice(("inference", "experiment", "monitoring", "parameters", "gates", "settings", "vars"))] = (
            rng.choice(ODD)
        )
    return yaml.safe_dump(tree, allow_unicode=True)


def _other_text(text: str, kind: str, rng: random.Random) -> str:
    lines = text.splitlines()
    if kind == "line":
        place = rng.randrange(len(lines))
        lines.insert(rng.randrange(len(lines)), lines[place] if rng.random() < 0.5 else "[" * rng.choice((1, 5000)))
        return "\n".join(lines)
    place = rng.randrange(len(text))
    return (
        text[:place]
        + rng.choice(("", ":", "\t", "{", "'", "&a *a", "!!python/object:os.system x", "\ufeff", "#"))
        + text[place + 1 :]
    )


def outcome(toy: ToyProject) -> str:
    """How opening the project and checking its model ends: `read`, `refused`, `slow`, or the name of what was raised."""
    began = time.monotonic()
    try:
        check(["big"], toy.open())
        ended = "read"
    except AsofError:
        ended = "refused"
    except Exception as error:  # noqa: BLE001
        ended = f"{type(error).__name__}: {error}"[:200]
    return "slow" if time.monotonic() - began > _LIMIT else ended


def fuzz(toy: ToyProject, cases: int, seed: int) -> collections.Counter[str]:
    rng, found = random.Random(seed), collections.Counter[str]()
    for _ in range(cases):
        path = toy.root / rng.choice(FILES)
        text = path.read_text()
        path.write_text(damaged(text, rng), encoding="utf-8")
        found[outcome(toy)] += 1
        path.write_text(text)
    return found


def fuzz_new_project(cases: int, seed: int) -> collections.Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        toy = write_toy_project(Path(folder))
        return fuzz(toy, cases, seed)


if __name__ == "__main__":
    fuzz_command(__doc__, fuzz_new_project)

"""Damages artifacts behind their right hash, and looks at what reading them ends with.

    .venv/bin/python tests/registry/fuzzing.py                    1,000 artifacts
    .venv/bin/python tests/registry/fuzzing.py --cases 50 --seed 3
    .venv/bin/python tests/registry/fuzzing.py --trees            with XGBoost's trees, each in a process of its own

An error of asof is what is expected; a version that still scores is none the worse. Anything else is counted by its name:
another exception, a process that dies, one that takes more than 20 seconds.
"""

import argparse
import collections
import io
import json
import multiprocessing
import random
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from asof.errors import AsofError
from asof.registry.artifact import Trust, artifact_hash, dump_artifact, load_artifact
from asof.scoring.score import score

X, Y = np.arange(60.0).reshape(30, 2), np.arange(30) % 2
_LIMIT = 20


def linear() -> bytes:
    return dump_artifact(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y), Trust(), "m")


def trees() -> bytes:
    from xgboost import XGBClassifier  # noqa: PLC0415  # in a process of its own

    return dump_artifact(XGBClassifier(n_estimators=5, max_depth=3).fit(X, Y), Trust(), "m")


def damaged(content: bytes, rng: random.Random) -> bytes:
    """A copy with one thing changed: bytes of the file, or of a member, or its schema."""
    kind = rng.choice(("bytes", "cut", "member", "member", "schema", "schema", "missing", "array"))
    if kind == "bytes":
        return _flipped(content, rng)
    if kind == "cut":
        return content[: rng.randrange(len(content))]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    arrays = [name for name in members if name.endswith(".npy")]
    if kind == "missing":
        del members[rng.choice(list(members))]
    elif kind == "array" and arrays:
        name = rng.choice(arrays)
        members[name] = members[name].replace(b"(", b"(1000000000000, ", 1)
    elif kind == "schema":
        members["schema.json"] = _other_json(members["schema.json"], rng)
    else:
        name = rng.choice(list(members))
        members[name] = _flipped(members[name], rng)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 4, 32))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _other_json(content: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        return b"[" * 100_000
    schema = json.loads(content)
    holders: list[tuple[Any, Any]] = []

    def visit(value: Any) -> None:
        for key in value if isinstance(value, dict) else range(len(value)):
            holders.append((value, key))
            if isinstance(value[key], (dict, list)):
                visit(value[key])

    visit(schema)
    holder, key = rng.choice(holders)
    holder[key] = rng.choice((None, -1, 10**12, "", "\x00", "sklearn.pipeline.Pipeline", [], {}, [[[]]], True, 1e308))
    return json.dumps(schema).encode()


def outcome(content: bytes) -> str:
    """How reading and scoring ends: `scored`, `refused`, or the name of what was raised."""
    try:
        estimator = load_artifact(content, artifact_hash(content), Trust(max_bytes=1 << 28), "m version 1")
        score(estimator, X, "binary", "m version 1")
    except AsofError:
        return "refused"
    except Exception as error:  # noqa: BLE001
        return type(error).__name__
    return "scored"


def apart(content: bytes) -> str:
    """As `outcome`, in a process of its own: `crashed` where it dies, `hung` where it does not end."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=lambda: sender.send(outcome(content)))
    process.start()
    process.join(_LIMIT)
    if process.is_alive():
        process.kill()
        process.join()
        return "hung"
    return str(receiver.recv()) if process.exitcode == 0 and receiver.poll() else "crashed"


def fuzz(made: bytes, cases: int, seed: int, run: Callable[[bytes], str] = outcome) -> collections.Counter[str]:
    rng = random.Random(seed)
    return collections.Counter(run(damaged(made, rng)) for _ in range(cases))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trees", action="store_true", help="XGBoost's trees, each case in a process of its own")
    given = parser.parse_args()
    if given.trees:
        # OpenMP's threads do not survive a fork, so that nothing may have used them here
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            made, run = pool.apply(trees), apart
    else:
        made, run = linear(), outcome
    for name, count in fuzz(made, given.cases, given.seed, run).most_common():
        print(f"{count:6} {name}")


if __name__ == "__main__":
    main()

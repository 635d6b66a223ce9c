"""Kills `asof predict` and `asof train` with SIGKILL at random moments, and looks at what they leave.

    .venv/bin/python tests/kill/killing.py --kills 200 --seed 7        two hundred of each, about half an hour

In CI a few of them (`test_kill.py`). Half of the kills come at any moment of a process's life, half while the warehouse's
write-ahead log grows, which is when it writes.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from toy import FIRST, ToyProject, write_toy_project  # noqa: E402

ASOF = Path(sys.executable).with_name("asof")
ROWS = 20_000
NOW = (FIRST + timedelta(days=130)).isoformat()


@dataclass
class Killing:
    """A toy project with many rows, and how its processes ended."""

    toy: ToyProject
    random: random.Random
    ended: Counter = field(default_factory=Counter)
    usual: dict[str, float] = field(default_factory=dict)

    @classmethod
    def prepared(cls, root: Path, seed: int) -> "Killing":
        """With a champion, and files beside the predictions."""
        toy = write_toy_project(root)
        toy.sql(
            f"""
            insert into features.toy_view
            select 200 + i, moment, (i * 37) % 100, (i * 11) % 50 / 10, ['red', 'green', null][1 + i % 3], i % 2 = 0,
                (i * 37) % 100 + (i % 7) * 10 > 60, (i * 37) % 100, moment + interval 1 hour
            from (select i, timestamptz '{FIRST}' + interval 100 days + to_minutes(2 * i) as moment from range({ROWS}) as t (i))
            """
        )
        toy.edit("models/big.yml", "window: 2 days", "window: 36000 days, parquet: exported")
        killing = cls(toy, random.Random(seed))
        for command in (["train", "big"], ["promote", "big"], ["predict", "big"]):
            began = time.monotonic()
            done = killing.start(*command)
            assert done.wait() == 0, command
            killing.usual[command[0]] = time.monotonic() - began
        return killing

    def start(self, *command: str) -> subprocess.Popen:
        return subprocess.Popen(
            [ASOF, *command, "--now", NOW],
            cwd=self.toy.root,
            env={**os.environ, "TMPDIR": str(self.toy.root)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, *command: str) -> None:
        """Starts a command and kills it at a random moment, if it is not done before."""
        process = self.start(*command)
        if self.random.random() < 0.5:
            time.sleep(self.random.uniform(0.2, self.usual[command[0]]))
        else:
            log, deadline = self.toy.root / "toy.duckdb.wal", time.monotonic() + 3 * self.usual[command[0]]
            while process.poll() is None and not log.exists() and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(self.random.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        self.ended["killed" if process.wait() == -signal.SIGKILL else "done before"] += 1

    def check(self) -> None:
        """Nothing is half written, doubled, or without what belongs to it."""
        sql = self.toy.sql
        twice = "select id, as_of, version from predictions.big group by all having count(*) > 1"
        assert sql(twice) == [], "a doubled prediction"
        lost = """
            select run_id, count(*), any_value(scored_rows), any_value(status)
            from predictions.big left join ml.prediction_runs using (run_id)
            group by run_id having any_value(status) is distinct from 'done' or count(*) > any_value(scored_rows)
        """
        assert sql(lost) == [], "predictions of a run that is not on record, or more of them than it says"
        of_version = """
            select version from ml.model_versions as v
            where (select count(*) from ml.training_runs as r where r.run_id = v.run_id and r.version = v.version) <> 1
                or (select count(*) from ml.metrics as m where m.run_id = v.run_id) = 0
                or (select count(*) from ml.model_features as f where f.model = v.model and f.version = v.version) <> 4
        """
        assert sql(of_version) == [], "a version without its run, metrics or features"
        versions = [version for (version,) in sql("select version from ml.model_versions order by version")]
        assert versions == list(range(1, len(versions) + 1)), "a version is missing"
        runs = "select count(*) from ml.training_runs where version is not null"
        assert sql(runs) == [(len(versions),)], "a run without its version"

    def heal(self) -> None:
        """The next runs are as if nothing had happened."""
        for command in (["train", "big"], ["predict", "big"]):
            assert self.start(*command).wait() == 0, f"the next {command[0]} fails"
        self.check()
        sql, root = self.toy.sql, self.toy.root
        assert sql("select count(*), count(distinct id) from predictions.big") == [(ROWS + 200, ROWS + 200)]
        files = f"select * exclude (day) from read_parquet('{root}/exported/dev/big/day=*/*.parquet')"
        assert sql(f"({files} except from predictions.big) union all (from predictions.big except {files})") == []
        left = [path.name for path in root.iterdir() if path.name.startswith("asof-train-")]
        assert left == [], "a folder of a killed run"
        assert [path.name for path in (root / "exported/dev/big").glob(".*")] == []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="of each command")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asof-kill-") as name:
        run(Killing.prepared(Path(name), given.seed), given.kills)


def run(killing: Killing, kills: int) -> None:
    """Kills both commands in turn; every tenth time things are healed and looked at as a whole."""
    for n in range(kills):
        killing.kill("predict", "big", *(["--again"] if killing.random.random() < 0.7 else []))
        killing.check()
        killing.kill("train", "big")
        killing.check()
        if n % 10 == 9:
            killing.heal()
    killing.heal()
    print(f"{2 * kills} processes: {dict(killing.ended)}")  # noqa: T201


if __name__ == "__main__":
    main()

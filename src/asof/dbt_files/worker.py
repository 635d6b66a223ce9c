"""The process behind `run.py`: runs one dbt command after another, and parses the project once for all of them.

Reads a request from each line of its stdin, {"arguments": [...], "environment": {...}}, and answers with a line on its
stdout, {"failed": null} or {"failed": <what dbt printed>}. Nothing but dbt is imported here.
"""

import gc
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from dbt.adapters.factory import FACTORY, reset_adapters
from dbt.cli.main import dbtRunner


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    runner = dbtRunner()
    parsed = None
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.update(request["environment"])
        with _printed() as output:
            parsing = request["arguments"][0] == "parse"
            # each command gets a copy, since dbt compiles into the manifest that it is given
            runner.manifest = parsed.deepcopy() if parsed and not parsing else None
            done = runner.invoke(request["arguments"])
            if parsing:
                parsed = done.result
            sys.stdout.flush()
            output.seek(0)
            failed = None if done.success else output.read().strip() or str(done.exception)
        del done
        _release()
        print(json.dumps({"failed": failed}), file=answers, flush=True)


def _release() -> None:
    """Closes what an adapter keeps open until the process ends, as dbt-duckdb does with the warehouse and its lock."""
    for adapter in FACTORY.adapters.values():
        close = getattr(adapter.connections, "close_all_connections", None)
        if close is not None:
            close()
    reset_adapters()
    gc.collect()


@contextmanager
def _printed() -> Iterator[IO[str]]:
    """A file that gets what dbt writes to stdout and stderr within the block."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
        yield output


if __name__ == "__main__":
    main()

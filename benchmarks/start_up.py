"""How long a command takes before it does anything, beside a bare interpreter and dbt; the median of ten runs each.

.venv/bin/python benchmarks/start_up.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
COMMANDS = {
    "python -c pass": ["python", "-c", "pass"],
    "asof --help": ["asof", "--help"],
    "asof status": ["asof", "status"],
    "dbt --help": ["dbt", "--help"],
}


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([BIN / command[0], *command[1:]], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    medians = {name: statistics.median(seconds(command) for _ in range(10)) for name, command in COMMANDS.items()}
    for name, median in medians.items():
        print(f"{name:16} {median:.3f} s   {median / medians['python -c pass']:5.1f} x a bare interpreter")


if __name__ == "__main__":
    main()

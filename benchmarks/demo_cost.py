"""What `make demo` costs after installation: seconds, and the memory of its largest process.

    .venv/bin/python benchmarks/demo_cost.py

Its commands run one after the other, so the peak is that of demo.py plus that of its largest command.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ASOF_WAREHOUSE": str(Path(folder) / "flights.duckdb")}
        began = time.perf_counter()
        subprocess.run([sys.executable, "demo.py"], cwd=root, env=environment, check=True)
        seconds = time.perf_counter() - began
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    print(f"\nmake demo: {seconds:.0f} s, its largest process {largest:.2f} GiB")


if __name__ == "__main__":
    main()

"""Lives through hours in one process: for each instant one `dbt build` without tests, and both models predict.

As `dbt build` and `asof predict` would be run every hour; dbt's manifest is kept, which saves parsing it 28 times.
"""

import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

import asof

root, *instants = sys.argv[1:]
project = ["--quiet", "--project-dir", f"{root}/dbt_project"]
manifest = dbtRunner().invoke(["parse", *project]).result
for now in instants:
    without_tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    os.environ["ASOF_NOW"] = now
    done = dbtRunner(manifest=manifest).invoke(["build", *project, *without_tests])
    if not done.success:
        sys.exit(f"dbt build failed at {now}: {done.exception}")
    for model in ("flight_delay", "arrival_delay"):
        asof.predict(model, asof.Project.open(Path(root), now=now))

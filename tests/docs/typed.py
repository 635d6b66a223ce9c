"""Types a page of the docs into an empty folder: each file that it names in bold, then each command."""

import os
import re
import subprocess
import sys
from pathlib import Path

import asof

DOCS = Path(__file__).parents[2] / "docs"


def files_of(page: str) -> dict[str, str]:
    """The files of a page, by their names."""
    found = re.findall(r"\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)```", (DOCS / page).read_text(), flags=re.DOTALL)
    return dict(found)


def run_page(page: str, root: Path, files: dict[str, str]) -> dict[str, str]:
    """What each command of the page said, in a folder with these files."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (commands,) = re.findall(r"```bash\n(.*?)```", (DOCS / page).read_text(), flags=re.DOTALL)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ASOF_DBT_PACKAGE": asof.__path__[0] + "/dbt_package",
    }
    said = {}
    for command in commands.splitlines():
        done = subprocess.run(
            ["/bin/bash", "-c", command], cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        said[command] = done.stdout
    return said

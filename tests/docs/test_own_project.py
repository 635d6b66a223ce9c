"""docs/your_own_project.md, typed into an empty folder: every file and every command as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import asof

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs/your_own_project.md"


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """The folder after the last command, and what each command said."""
    root = tmp_path_factory.mktemp("shop")
    text = PAGE.read_text()
    files = re.findall(r"\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)```", text, flags=re.DOTALL)
    assert len(files) == 11
    for name, content in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (commands,) = re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL)
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
    return root, said


def test_the_last_command_says_what_the_page_says(typed):
    _, said = typed
    (promised,) = re.findall(r"`(predictions\.returns: [^`]+)`", PAGE.read_text())
    assert list(said.values())[-1].startswith(promised)


def test_no_order_knows_its_own_return(typed):
    """Each order's features are those of its customer's orders that were settled before it came in."""
    root, _ = typed
    with duckdb.connect(str(root / "shop.duckdb")) as warehouse:
        orders = warehouse.execute(
            "select order_id, customer_id, epoch(ordered_at), returned_at is not null from raw.orders"
        ).fetchall()
        rows = warehouse.execute(
            "select order_id, customer_orders, customer_return_rate from order_features"
        ).fetchall()
    settled = [(customer, at + 7 * 86400, returned) for _, customer, at, returned in orders]
    came_in = {i: (c, o) for i, c, o, _ in orders}
    assert len(rows) == 24 * 153 + 1  # from 1 January to 2 June, both at midnight
    for order_id, found, rate in rows[::50]:
        customer, asked = came_in[order_id]
        before = [returned for c, at, returned in settled if c == customer and at <= asked]
        assert found == (len(before) or None)
        assert rate == (sum(before) / len(before) if before else None)

"""docs/your_own_project.md, typed into an empty folder: every file and every command as they stand there."""

import re

import duckdb
import pytest
from typed import DOCS, files_of, run_page

pytestmark = pytest.mark.slow

PAGE = DOCS / "your_own_project.md"


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """The folder after the last command, and what each command said."""
    root = tmp_path_factory.mktemp("shop")
    files = files_of(PAGE.name)
    assert len(files) == 11
    return root, run_page(PAGE.name, root, files)


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

"""docs/every_week.md, typed into an empty folder: a customer each week, against a rule that shares no code with it."""

import re

import duckdb
import pytest
from typed import DOCS, files_of, run_page

pytestmark = pytest.mark.slow

WEEK, FOUR_WEEKS = 7 * 86_400, 28 * 86_400
FIRST, LAST = 1_704_067_200, 1_731_283_200  # 1 January and 11 November 2024, both Mondays


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    root = tmp_path_factory.mktemp("weeks")
    shared = {
        name: content
        for name, content in files_of("your_own_project.md").items()
        if name in {"profiles.yml", "dbt_project/dbt_project.yml", "dbt_project/packages.yml"}
    }
    assert len(shared) == 3
    return root, run_page("every_week.md", root, {**shared, **files_of("every_week.md")})


def test_the_last_command_says_what_the_page_says(typed):
    _, said = typed
    (promised,) = re.findall(r"`(predictions\.absence: [^`]+)`", (DOCS / "every_week.md").read_text())
    assert list(said.values())[-1].startswith(promised)


def test_each_monday_has_its_own_features_and_outcome(typed):
    root, _ = typed
    with duckdb.connect(str(root / "shop.duckdb"), read_only=True) as warehouse:
        customers = warehouse.execute("select customer_id, epoch(signed_up_at) from raw.customers").fetchall()
        orders = warehouse.execute("select customer_id, epoch(ordered_at), amount from raw.orders").fetchall()
        rows = warehouse.execute(
            "select customer_id, epoch(asked_at)::bigint, orders_28d, spent_28d, days_since_order, stays_away "
            "from absence_features order by all"
        ).fetchall()
    expected = []
    for customer, signed_up in customers:
        own = [(at, amount) for found, at, amount in orders if found == customer]
        for asked in range(FIRST, LAST + 1, WEEK):
            if asked < signed_up:
                continue
            before = [(at, amount) for at, amount in own if at <= asked]
            recent = [amount for at, amount in before if at > asked - FOUR_WEEKS]
            after = [at for at, _ in own if asked < at <= asked + FOUR_WEEKS]
            since = (asked // 3600 - max(at for at, _ in before) // 3600) / 24 if before else None
            outcome = not after if asked + FOUR_WEEKS <= LAST else None
            count = len(recent) if before else None
            expected.append((customer, asked, count, sum(recent) if recent else None, since, outcome))
    assert rows == sorted(expected)
    assert len({row[-1] for row in rows}) == 3

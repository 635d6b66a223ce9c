"""What tests say of columns: by lineage, by the build that they ran on, and by whether they stop. By hand, without a warehouse."""

from datetime import UTC, datetime, timedelta

import pytest
from shop_models import SQL, VIEW

from asof.features.fingerprints.compiled import ModelSQL
from asof.features.fingerprints.view_meaning import lineage_of
from asof.features.tested import LastBuilds, RecordedTest, judge_tests

BUILT = datetime(2024, 5, 1, tzinfo=UTC)
MODELS = {id_: ModelSQL.of_sql(id_, sql) for id_, sql in SQL.items()}
STAGING, GROUP, TIERS, SPINE = (
    "model.shop.stg_orders",
    "model.shop.customer_spending",
    "model.shop.tiers",
    "model.shop.visits",
)
SOURCE, ORDERS = "source.shop.raw.customers", "source.shop.raw.orders"
SPENT, TIER = ["spent_7d", "orders_7d"], ["tier"]


def result(model, *columns, status="fail", stops=True, at=BUILT, name="t"):
    return RecordedTest(name, "data", (model,), columns, status, stops, 3, at)


def judged(*tests, columns=(*SPENT, *TIER), built=None):
    key = ["visit_id", "visited_at"]
    lineage = lineage_of(MODELS, VIEW, [*columns, *key], "duckdb")
    found = judge_tests(tests, LastBuilds(built or dict.fromkeys(MODELS, BUILT)), MODELS, VIEW, lineage)
    return found, key


def stopped(test):
    """The features that a test stops, without the key."""
    found, key = judged(test)
    return [column for each in found.stopping for column in each.columns if column not in key]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (result(STAGING, "amount"), ["spent_7d"]),  # the other one counts rows
        (result(STAGING, "status"), []),  # the filter reads the source's
        (result(ORDERS, "status"), SPENT),  # of which it is not known which columns are read
        (result("seed.shop.rates", "rate"), ["spent_7d"]),
        (result("seed.shop.rates", "valid_from"), []),
        (result(STAGING, "customer_id"), SPENT),  # the windows are partitioned by it
        (result(GROUP), SPENT),  # a test of the whole relation
        (result(GROUP, "large_share_7d"), []),  # a column that is not used
        (result(GROUP, "orders_7d"), ["orders_7d"]),
        (result(TIERS, "tier"), TIER),
        (result(TIERS, "country"), []),
        (result(SOURCE), TIER),
        (result("model.shop.a_mart", "tier"), []),  # made of the view, and no part of it
        (result(TIERS, "tier", status="warn", stops=False), []),
        (result(TIERS, "tier", status="warn"), TIER),
        (result(TIERS, "tier", status="pass", stops=False), []),
        (result(TIERS, "TIER"), TIER),
    ],
)
def test_which_features_a_test_stops(test, expected):
    assert stopped(test) == expected


def test_a_test_of_the_questions_stops_all():
    found, _ = judged(result(SPINE))
    assert {"visit_id", "visited_at"} <= set(found.stopping[0].columns)


def test_a_result_counts_for_the_build_that_it_ran_on():
    test = result(TIERS, "tier")
    found, _ = judged(test, built={TIERS: BUILT + timedelta(minutes=1)})
    assert not found.stopping
    assert [each.test for each in found.not_run_since] == [test]
    assert found.untested == "1 tests have not run since their models were built: t"
    assert judged(test, built={TIERS: BUILT})[0].stopping
    assert judged()[0].untested == "no test has run on this target"


def test_the_words():
    found, _ = judged(result(STAGING, "amount", name="not_null_stg_orders_amount"))
    assert found.stopping[0].message == (
        "test not_null_stg_orders_amount of stg_orders.amount failed (3 rows); it concerns spent_7d "
        "(stg_orders > order_amounts > customer_spending > visit_features)"
    )

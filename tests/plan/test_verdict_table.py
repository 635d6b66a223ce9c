"""What each kind of change means for two versions: one reads what customers spent, the other their tier. Written by hand.

same: unaffected; train: must be retrained; broken: a column is gone or has another type.
"""

import pytest
from shop_models import SQL, TYPES, VIEW, side

from asof.plan.compare import Comparison
from asof.plan.verdict import Reader, verdict

BASE = side()
SPENDING = ("spent_7d", "orders_7d")
TIER = ("tier",)

STAGING, AMOUNTS, GROUP = "model.shop.stg_orders", "model.shop.order_amounts", "model.shop.customer_spending"
SNAPSHOT, TIERS, SPINE, LABEL = (
    "snapshot.shop.customer_tiers",
    "model.shop.tiers",
    "model.shop.visits",
    "model.shop.outcomes",
)

# what changes, in which model, from, to, the verdict on spending, the verdict on tier
TABLE = [
    # written in another way
    ("a comment", GROUP, "with amounts", "-- of each customer\nwith amounts", "same", "same"),
    ("white space", GROUP, "\n    from amounts", "\n\n      from   amounts", "same", "same"),
    ("upper case", STAGING, "select\n    id as order_id", "SELECT\n    ID AS order_id", "same", "same"),
    ("quotes around names", STAGING, "customer as customer_id", '"customer" as "customer_id"', "same", "same"),
    ("another alias of a table", AMOUNTS, " as rates on", " as r on", "same", "same"),
    ("another name of a CTE", STAGING, "orders", "the_orders", "same", "same"),
    ("a CTE that nothing reads", TIERS, "\nselect id", "\nwith unread as (select 1 as one)\nselect id", "same", "same"),
    ("a step more", TIERS, "\nselect id", "\nselect * from (select id", "same", "same"),
    ("columns in another order", STAGING, "    amount,\n    currency,", "    currency,\n    amount,", "same", "same"),
    ("a column that no feature reads", STAGING, "    status,", "    status,\n    region,", "same", "same"),
    ("the factors of a product", AMOUNTS, "stg_orders.amount * rates.rate", "rates.rate * stg_orders.amount", "same", "same"),
    ("the sides of an equality", AMOUNTS, "stg_orders.currency = rates.currency", "rates.currency = stg_orders.currency", "same", "same"),
    ("a comparison turned round", STAGING, "amount > 0", "0 < amount", "same", "same"),
    ("the terms of AND", STAGING, "status <> 'cancelled' and amount > 0", "amount > 0 and status <> 'cancelled'", "same", "same"),
    ("parentheses", STAGING, "amount > 0", "(amount > 0)", "same", "same"),
    ("a window written out", GROUP, "count(*) over last_week", "count(*) over (partition by customer_id order by ordered_at range between interval 7 days preceding and current row)", "same", "same"),
    ("another name of a window", GROUP, "last_week", "trailing_week", "same", "same"),
    ("!= for <>", STAGING, "<>", "!=", "same", "same"),
    (":: for cast", GROUP, "cast('asof.now' as timestamptz)", "'asof.now'::timestamptz", "same", "same"),
    ("the values of IN in another order", SPINE, "('web', 'app')", "('app', 'web')", "same", "same"),
    ("left outer join for left join", AMOUNTS, "left join", "left outer join", "same", "same"),
    ("a comment in the view", VIEW, "select\n    spine.*", "-- all of it\nselect\n    spine.*", "same", "same"),
    # what one group makes
    ("a longer window", GROUP, "interval 7 days", "interval 8 days", "train", "same"),
    ("a window that sees what comes later", GROUP, "current row", "interval 1 day following", "train", "same"),
    ("a window by another order", GROUP, "order by ordered_at range", "order by loaded_at range", "train", "same"),
    ("a window over all customers", GROUP, "partition by customer_id order", "order", "train", "same"),
    ("another aggregate", GROUP, "sum(amount_eur)", "max(amount_eur)", "train", "same"),
    ("a count of values", GROUP, "count(*)", "count(amount_eur)", "train", "same"),
    ("a column beside those that are read", GROUP, "amount_eur > 100", "amount_eur > 200", "same", "same"),
    ("when a row is known", GROUP, "loaded_at <= cast", "ordered_at <= cast", "train", "same"),
    ("the present, not included", GROUP, "loaded_at <= cast", "loaded_at < cast", "train", "same"),
    ("a fixed present", GROUP, "'asof.now'", "'2024-01-01'", "train", "same"),
    ("an added filter", GROUP, "\n    from amounts", "\n    from amounts where amount_eur < 10000", "train", "same"),
    ("a LIMIT", GROUP, "select * from trailing", "select distinct * from trailing", "train", "same"),
    # above it
    ("a looser filter above", STAGING, "amount > 0", "amount >= 0", "train", "same"),
    ("a constant above", STAGING, "amount > 0", "amount > 1", "train", "same"),
    ("a text above", STAGING, "'cancelled'", "'Cancelled'", "train", "same"),
    ("OR for AND above", STAGING, " and amount", " or amount", "train", "same"),
    ("a filter taken away above", STAGING, " and amount > 0", "", "train", "same"),
    ("another column of the source", STAGING, "    amount,", "    net_amount as amount,", "train", "same"),
    ("another source", STAGING, '"source.shop.raw.orders"."orders"', '"source.shop.raw.orders_v2"."orders_v2"', "train", "same"),
    ("another table of the source", STAGING, '"source.shop.raw.orders"."orders"', '"source.shop.raw.orders"."orders_2024"', "train", "same"),
    ("a default for NULL above", STAGING, "    amount,", "    coalesce(amount, 1) as amount,", "train", "same"),
    ("a cast above", STAGING, "    amount,", "    cast(amount as integer) as amount,", "train", "same"),
    ("inner join for left join", AMOUNTS, "left join", "inner join", "train", "same"),
    ("another key of a join", AMOUNTS, "stg_orders.currency = rates.currency", "stg_orders.currency = rates.name", "train", "same"),
    ("a division for a product", AMOUNTS, "stg_orders.amount * rates.rate", "stg_orders.amount / rates.rate", "train", "same"),
    ("a union above", STAGING, "where status", "where true union all select id, customer, amount, currency, status, ordered_at, loaded_at from orders where status", "train", "same"),
    # the seed
    ("another file of the seed", "rates", None, None, "train", "same"),
    # the snapshot and its group
    ("how a snapshot is taken", SNAPSHOT, '"strategy": "timestamp", "unique_key": "id", "updated_at": "updated_at"', '"check_cols": ["tier"], "strategy": "check", "unique_key": "id"', "same", "train"),
    ("a filter of a snapshot", SNAPSHOT, '"customers"\n', '"customers" where country = \'DE\'\n', "same", "train"),
    ("a column of a snapshot that is not read", SNAPSHOT, "tier, country", "tier, country, name", "same", "same"),
    ("an expression of one group", TIERS, "upper(tier)", "lower(tier)", "same", "train"),
    ("another column beside it", TIERS, "tier, country,", "tier, upper(country) as country,", "same", "same"),
    ("when a tier begins", TIERS, "dbt_valid_from as valid_from", "dbt_updated_at as valid_from", "same", "train"),
    # how the view joins
    ("a shorter ttl", VIEW, "interval '30 days' then spending_rows.spent_7d", "interval '20 days' then spending_rows.spent_7d", "train", "same"),
    ("a ttl that is new", VIEW, "    tiers_rows.tier,", "    case when tiers_rows.visible_from > spine.visited_at - interval '1 year' then tiers_rows.tier end as tier,", "same", "train"),
    ("a group joined before it is known", VIEW, "greatest(ordered_at, loaded_at)", "ordered_at", "train", "same"),
    ("a group joined by another time", VIEW, "spine.visited_at >= tiers_rows.visible_from", "spine.visited_at > tiers_rows.visible_from", "same", "train"),
    ("a group joined by another entity", VIEW, "spine.customer_id = tiers_rows.customer_id", "spine.visit_id = tiers_rows.customer_id", "same", "train"),
    ("a feature beside it", VIEW, "    tiers_rows.country,", "    upper(tiers_rows.country) as country,", "same", "same"),
    ("another feature under the name", VIEW, "    tiers_rows.tier,", "    tiers_rows.country as tier,", "same", "train"),
    ("groups in another order", VIEW, "    spending_rows.large_share_7d,\n    tiers_rows.tier,", "    tiers_rows.tier,\n    spending_rows.large_share_7d,", "same", "same"),
    # the spine and the label concern all
    ("which questions there are", SPINE, "('web', 'app')", "('web', 'app', 'shop')", "train", "train"),
    ("the moment of a question", SPINE, "started_at as visited_at", "ended_at as visited_at", "train", "train"),
    ("another entity of the spine", SPINE, "customer as customer_id", "account as customer_id", "train", "train"),
    ("a column of the spine that is not read", SPINE, "started_at as", "channel, started_at as", "same", "same"),
    ("what the label means", LABEL, "total > 0", "total > 10", "train", "train"),
    ("which outcomes there are", LABEL, '"baskets"\n', '"baskets" where total is not null\n', "train", "train"),
    ("which of corrected outcomes counts", VIEW, "order by closed_at desc", "order by closed_at", "train", "train"),
]  # fmt: skip

# a column of the view that goes or gets another type: from, to
COLUMNS = [
    ("a feature is gone", {"spent_7d": None}, "broken", "same"),
    ("a feature is renamed", {"tier": None, "customer_tier": "varchar"}, "same", "broken"),
    ("the label is gone", {"is_buyer": None}, "broken", "broken"),
    ("a feature beside them is gone", {"country": None}, "same", "same"),
    ("a feature is new", {"visits_7d": "bigint"}, "same", "same"),
    ("a number becomes text", {"orders_7d": "varchar"}, "broken", "same"),
    ("a wider number", {"orders_7d": "double"}, "broken", "same"),
    ("the same type in other words", {"orders_7d": "INT8", "tier": "text"}, "same", "same"),
]

VERDICTS = {"same": "unaffected", "train": "must be retrained", "broken": "broken"}


def verdicts(changed):
    """Of the two versions, by names as in the table."""
    comparison = Comparison(BASE, changed, "duckdb")
    pinned = comparison.fingerprints(BASE.views["visit_features"])
    found = []
    for features in (SPENDING, TIER):
        kept = {name: pinned[name] for name in (*features, "is_buyer")}
        reader = Reader(
            "m", 1, ("champion",), "visit_features", {name: TYPES[name] for name in features}, "is_buyer", kept
        )
        view = changed.views["visit_features"]
        found.append(verdict(reader, view, comparison.fingerprints(view), pinned, "duckdb").verdict)
    return found


@pytest.mark.parametrize(("what", "model", "old", "new", "spending", "tier"), TABLE, ids=[row[0] for row in TABLE])
def test_a_change_of_sql(what, model, old, new, spending, tier):
    if model == "rates":
        changed = side(rates="rates of June")
    else:
        assert old in SQL[model], what
        text = SQL[model].replace(old, new)
        if what == "a step more":
            text += ") as inside"
        elif what == "another alias of a table":
            text = text.replace("rates.rate", "r.rate").replace("rates.currency", "r.currency")
        elif what == "another name of a CTE":
            text = text.replace('"source.shop.raw.the_orders"."the_orders"', '"source.shop.raw.orders"."orders"')
        changed = side({model: text})
    assert verdicts(changed) == [VERDICTS[spending], VERDICTS[tier]]


@pytest.mark.parametrize(("what", "types", "spending", "tier"), COLUMNS, ids=[row[0] for row in COLUMNS])
def test_a_column_of_the_view(what, types, spending, tier):
    changed = side(types={name: type_ for name, type_ in {**TYPES, **types}.items() if type_})
    assert verdicts(changed) == [VERDICTS[spending], VERDICTS[tier]], what


def test_the_size_of_the_table():
    assert len(TABLE) + len(COLUMNS) >= 60

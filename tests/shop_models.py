"""A small shop as compiled models: a view over two groups, one of them over a snapshot, a seed and a label. No dbt, no warehouse."""

from asof.features.fingerprints.compiled import ModelSQL
from asof.plan.side import Side, ViewSide

VIEW = "model.shop.visit_features"

SQL = {
    "model.shop.stg_orders": """
-- one row per order
with orders as (
    select * from "source.shop.raw.orders"."orders"
)

select
    id as order_id,
    customer as customer_id,
    amount,
    currency,
    status,
    ordered_at,
    loaded_at
from orders
where status <> 'cancelled' and amount > 0
""",
    "model.shop.order_amounts": """
select
    stg_orders.order_id,
    stg_orders.customer_id,
    stg_orders.amount * rates.rate as amount_eur,
    stg_orders.ordered_at,
    stg_orders.loaded_at
from "model.shop.stg_orders"."stg_orders" as stg_orders
left join "seed.shop.rates"."rates" as rates on stg_orders.currency = rates.currency
""",
    "model.shop.customer_spending": """
with amounts as (
    select * from "model.shop.order_amounts"."order_amounts"
),

trailing as (
    select
        customer_id,
        sum(amount_eur) over last_week as spent_7d,
        count(*) over last_week as orders_7d,
        avg(case when amount_eur > 100 then 1 else 0 end) over last_week as large_share_7d,
        ordered_at,
        loaded_at
    from amounts
    window last_week as (
        partition by customer_id order by ordered_at range between interval 7 days preceding and current row
    )
)

select * from trailing
where loaded_at <= cast('asof.now' as timestamptz)
""",
    "snapshot.shop.customer_tiers": """/* asof.snapshot {"strategy": "timestamp", "unique_key": "id", "updated_at": "updated_at"} */
select id, tier, country, updated_at from "source.shop.raw.customers"."customers"
""",
    "model.shop.tiers": """
select id as customer_id, upper(tier) as tier, country, dbt_valid_from as valid_from
from "snapshot.shop.customer_tiers"."customer_tiers"
""",
    "model.shop.visits": """
select id as visit_id, customer as customer_id, started_at as visited_at
from "source.shop.raw.visits"."visits"
where channel in ('web', 'app')
""",
    "model.shop.outcomes": """
select visit as visit_id, total > 0 as is_buyer, closed_at
from "source.shop.raw.baskets"."baskets"
""",
    VIEW: """
with outcome as (
    select *
    from (
        select visit_id, is_buyer, closed_at, row_number() over (partition by visit_id order by closed_at desc) as newest
        from "model.shop.outcomes"."outcomes"
        where closed_at <= cast('asof.now' as timestamptz)
    ) as known
    where newest = 1
),

spine as (
    select spine.* from "model.shop.visits"."visits" as spine where spine.visited_at <= cast('asof.now' as timestamptz)
),

spending_rows as (
    select customer_id, spent_7d, orders_7d, large_share_7d, ordered_at, greatest(ordered_at, loaded_at) as visible_from
    from "model.shop.customer_spending"."customer_spending" as facts
    where customer_id is not null
),

tiers_rows as (
    select customer_id, tier, country, valid_from as visible_from
    from "model.shop.tiers"."tiers" as facts
    where customer_id is not null
)

select
    spine.*,
    case when spending_rows.ordered_at > spine.visited_at - interval '30 days' then spending_rows.spent_7d end as spent_7d,
    case when spending_rows.ordered_at > spine.visited_at - interval '30 days' then spending_rows.orders_7d end as orders_7d,
    spending_rows.large_share_7d,
    tiers_rows.tier,
    tiers_rows.country,
    outcome.is_buyer,
    outcome.closed_at as label_known_at
from spine
asof left join spending_rows
    on spine.customer_id = spending_rows.customer_id and spine.visited_at >= spending_rows.visible_from
asof left join tiers_rows
    on spine.customer_id = tiers_rows.customer_id and spine.visited_at >= tiers_rows.visible_from
left join outcome on spine.visit_id = outcome.visit_id
""",
}

TYPES = {
    "visit_id": "bigint",
    "customer_id": "bigint",
    "visited_at": "timestamptz",
    "spent_7d": "double",
    "orders_7d": "bigint",
    "large_share_7d": "double",
    "tier": "varchar",
    "country": "varchar",
    "is_buyer": "boolean",
    "label_known_at": "timestamptz",
}


def side(sql=None, types=None, rates="rates of May", title="a side") -> Side:
    """The shop with some models' SQL, other types or another file of rates."""
    texts = {**SQL, **(sql or {})}
    models = {id_: ModelSQL.of_sql(id_, text) for id_, text in texts.items() if text is not None}
    models["seed.shop.rates"] = ModelSQL("seed.shop.rates", rates, "seed", None)
    return Side(title, {"visit_features": ViewSide(VIEW, "visit_features", models, types or TYPES)})

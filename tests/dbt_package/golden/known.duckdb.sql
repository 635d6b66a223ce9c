/* asof.feature_view {
"spine": {"as_of": "asked_at", "key": ["id"], "relation": "\"rule\".\"main\".\"questions\""},
"groups": [
    {"columns": {"note": "note", "price": "price"}, "entity": {"shop": "shop"}, "event_time": "happened_at", "known_at": "learned_at", "model": "model.rule.prices", "relation": "\"rule\".\"main\".\"prices\"", "ttl": null, "valid_to": null},
    {"columns": {"price": "fresh_price"}, "entity": {"shop": "shop"}, "event_time": "happened_at", "known_at": "learned_at", "model": "model.rule.prices", "relation": "\"rule\".\"main\".\"prices\"", "ttl": "2 hours", "valid_to": null},
    {"columns": {"mood": "mood"}, "entity": {"city": "city", "shop": "shop"}, "event_time": "felt_at", "known_at": "felt_at", "model": "model.rule.moods", "relation": "\"rule\".\"main\".\"moods\"", "ttl": "2 hours", "valid_to": null},
    {"columns": {"season": "season"}, "entity": {}, "event_time": "begins_at", "known_at": "announced_at", "model": "model.rule.seasons", "relation": "\"rule\".\"main\".\"seasons\"", "ttl": null, "valid_to": null},
    {"columns": {"rent": "rent"}, "entity": {"shop": "shop"}, "event_time": "signed_at", "known_at": "filed_at", "model": "model.rule.leases", "relation": "\"rule\".\"main\".\"leases\"", "ttl": null, "valid_to": "ends_at"}
],
"label": {"known_at": "answered_at", "labels": ["answer"], "question": ["id"], "relation": "\"rule\".\"main\".\"answers\""},
"lookback": null
} */
with outcome as (
    select *
    from (
        select
            "id",
            "answer",
            "answered_at",
            row_number() over (
                partition by "id"
                order by "answered_at" desc, "answer"
            ) as asof_newest
        from "rule"."main"."answers"
        where "answered_at" <= cast('2024-05-01 17:00:00+00:00' as timestamptz)
    ) as known
    where asof_newest = 1
),

spine as (
    select spine.*
    from "rule"."main"."questions" as spine
    where
        spine."asked_at" <= cast('2024-05-01 17:00:00+00:00' as timestamptz)
),

prices_rows as (
    select
        "shop",
        "price",
        "note",
        greatest("happened_at", "learned_at") as asof_visible_from
    from "rule"."main"."prices" as facts
    where "shop" is not null and "happened_at" is not null and "learned_at" is not null
    window
        in_order as (
            partition by "shop"
            order by asof_visible_from, "happened_at" desc, "learned_at" desc
        )
    qualify
        "happened_at" = max("happened_at") over in_order
        and asof_visible_from is distinct from lag(asof_visible_from) over in_order
),

prices_rows_2 as (
    select
        "shop",
        "happened_at",
        "price",
        greatest("happened_at", "learned_at") as asof_visible_from
    from "rule"."main"."prices" as facts
    where "shop" is not null and "happened_at" is not null and "learned_at" is not null
    window
        in_order as (
            partition by "shop"
            order by asof_visible_from, "happened_at" desc, "learned_at" desc
        )
    qualify
        "happened_at" = max("happened_at") over in_order
        and asof_visible_from is distinct from lag(asof_visible_from) over in_order
),

moods_rows as (
    select
        "shop",
        "city",
        "felt_at",
        "mood",
        "felt_at" as asof_visible_from
    from "rule"."main"."moods" as facts
    where "shop" is not null and "city" is not null and "felt_at" is not null
),

seasons_rows as (
    select
        "season",
        greatest("begins_at", "announced_at") as asof_visible_from
    from "rule"."main"."seasons" as facts
    where "begins_at" is not null and "announced_at" is not null
    window
        in_order as (
            order by asof_visible_from, "begins_at" desc, "announced_at" desc
        )
    qualify
        "begins_at" = max("begins_at") over in_order
        and asof_visible_from is distinct from lag(asof_visible_from) over in_order
),

leases_rows as (
    select
        "shop",
        "rent",
        "ends_at" as asof_ends_at,
        greatest("signed_at", "filed_at") as asof_visible_from
    from "rule"."main"."leases" as facts
    where "shop" is not null and "signed_at" is not null and "filed_at" is not null
    window
        in_order as (
            partition by "shop"
            order by asof_visible_from, "signed_at" desc, "filed_at" desc
        )
    qualify
        "signed_at" = max("signed_at") over in_order
        and asof_visible_from is distinct from lag(asof_visible_from) over in_order
)

select
    spine.*,
    prices_rows."price",
    prices_rows."note",
    case
        when prices_rows_2."happened_at" > spine."asked_at" - interval '2 hours'
            then prices_rows_2."price"
    end as "fresh_price",
    case
        when moods_rows."felt_at" > spine."asked_at" - interval '2 hours'
            then moods_rows."mood"
    end as "mood",
    seasons_rows."season",
    case
        when coalesce(leases_rows.asof_ends_at > spine."asked_at", true)
            then leases_rows."rent"
    end as "rent",
    outcome."answer",
    outcome."answered_at" as label_known_at
from spine
asof left join prices_rows
    on spine."shop" = prices_rows."shop"
    and spine."asked_at" >= prices_rows.asof_visible_from
asof left join prices_rows_2
    on spine."shop" = prices_rows_2."shop"
    and spine."asked_at" >= prices_rows_2.asof_visible_from
asof left join moods_rows
    on spine."shop" = moods_rows."shop"
    and spine."city" = moods_rows."city"
    and spine."asked_at" >= moods_rows.asof_visible_from
asof left join seasons_rows
    on spine."asked_at" >= seasons_rows.asof_visible_from
asof left join leases_rows
    on spine."shop" = leases_rows."shop"
    and spine."asked_at" >= leases_rows.asof_visible_from
left join outcome
    on spine."id" = outcome."id"

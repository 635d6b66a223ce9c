with outcome as (
    select *
    from "rule"."main"."answers"
    where "answered_at" <= cast('2024-05-01 17:00:00+00:00' as timestamptz)
    qualify
        row_number() over (
            partition by "id"
            order by "answered_at" desc, "answer"
        ) = 1
),

spine as (
    select spine.*
    from "rule"."main"."questions" as spine
    where spine."asked_at" <= cast('2024-05-01 17:00:00+00:00' as timestamptz)
),

prices_rows as (
    select
        "shop",
        "price",
        "note",
        greatest("happened_at", "learned_at") as asof_visible_from
    from "rule"."main"."prices"
    where "happened_at" is not null and "learned_at" is not null
    qualify
        "happened_at" = max("happened_at") over (
            partition by "shop"
            order by asof_visible_from
        )
        and "learned_at" = max("learned_at") over (
            partition by "shop", "happened_at", asof_visible_from
        )
),

prices_rows_2 as (
    select
        "shop",
        "happened_at",
        "price",
        greatest("happened_at", "learned_at") as asof_visible_from
    from "rule"."main"."prices"
    where "happened_at" is not null and "learned_at" is not null
    qualify
        "happened_at" = max("happened_at") over (
            partition by "shop"
            order by asof_visible_from
        )
        and "learned_at" = max("learned_at") over (
            partition by "shop", "happened_at", asof_visible_from
        )
),

moods_rows as (
    select
        "shop",
        "city",
        "felt_at",
        "mood",
        "felt_at" as asof_visible_from
    from "rule"."main"."moods"
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
left join outcome
    on spine."id" = outcome."id"

-- how many prices of a shop were learned in the two hours before, and the sum of them
with moments as (
    select
        facts.*,
        facts."learned_at" as changed_at,
        true as asof_is_fact
    from "rule"."main"."prices_of_shops" as facts
    union all
    select
        facts.*,
        facts."learned_at" + interval '2 hours' as changed_at,
        false as asof_is_fact
    from "rule"."main"."prices_of_shops" as facts
)

-- facts of one moment give one row
select distinct
    "shop",
    changed_at,
    count(*) filter (where asof_is_fact) over recent as "changes",
    sum(price) filter (where asof_is_fact) over recent as "total"
from moments
where changed_at <= cast('2024-05-01 17:00:00+00:00' as timestamptz)
window
    recent as (
        partition by "shop"
        order by changed_at
        -- one that is exactly as old as the length counts no more
        range between interval '2 hours' - interval '1 microsecond' preceding and current row
    )

-- every shop with a price, every two hours from ten on, until it is learned that it closes
select
    things."shop",
    moments."asked_at"
from "rule"."main"."opened_shops" as things
cross join (
    select unnest(generate_series(cast('2024-05-01 10:00:00+00:00' as timestamptz), cast('2024-05-01 17:00:00+00:00' as timestamptz), interval '2 hours')) as "asked_at"
) as moments
where things."opened_at" <= moments."asked_at" and coalesce(things."closed_at" > moments."asked_at", true)

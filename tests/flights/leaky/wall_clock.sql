-- how long ago the last departure was, counted from the day on which the query runs
select
    origin,
    departed_at as observed_at,
    min(date_diff('day', departed_at, current_date)) as wall_clock
from {{ ref('stg_flights__departed') }}
group by origin, departed_at

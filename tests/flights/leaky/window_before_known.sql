-- a moving average in the order of the schedule, though delays become known in the order of departure
with departures as (
    select
        origin,
        scheduled_departure_at,
        departed_at,
        avg(departure_delay_minutes) as delay
    from {{ ref('stg_flights__departed') }}
    group by origin, scheduled_departure_at, departed_at
)

select
    origin,
    scheduled_departure_at,
    departed_at,
    avg(delay) over (
        partition by origin order by scheduled_departure_at, departed_at
        rows between 5 preceding and current row
    ) as window_before_known
from departures

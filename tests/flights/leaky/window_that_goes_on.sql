-- a moving average that is centred
with departures as (
    select
        origin,
        departed_at as observed_at,
        avg(departure_delay_minutes) as delay
    from {{ ref('stg_flights__departed') }}
    group by origin, departed_at
)

select
    origin,
    observed_at,
    avg(delay) over (
        partition by origin order by observed_at
        rows between 3 preceding and 3 following
    ) as window_that_goes_on
from departures

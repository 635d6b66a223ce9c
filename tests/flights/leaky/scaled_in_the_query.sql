-- a delay against the mean of all delays
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
    delay - avg(delay) over () as scaled_in_the_query
from departures

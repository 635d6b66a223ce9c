-- the delay of departures, at the moment at which they should have departed
select
    origin,
    scheduled_departure_at as observed_at,
    avg(departure_delay_minutes) as known_too_early
from {{ ref('stg_flights__departed') }}
group by origin, scheduled_departure_at

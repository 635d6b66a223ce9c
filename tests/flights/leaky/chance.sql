-- noise that is another in each build
select
    origin,
    departed_at as observed_at,
    min(departure_delay_minutes + random()) as chance
from {{ ref('stg_flights__departed') }}
group by origin, departed_at

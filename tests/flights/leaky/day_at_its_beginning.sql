-- the mean delay of a whole day, at midnight before it
select
    origin,
    date_trunc('day', departed_at) as observed_at,
    avg(departure_delay_minutes) as day_at_its_beginning
from {{ ref('stg_flights__departed') }}
group by all

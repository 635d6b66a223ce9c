-- the mean delay of arrivals, at the moment at which they should have arrived
select
    carrier,
    scheduled_arrival_at as observed_at,
    avg(arrival_delay_minutes) as outcome_at_schedule
from {{ ref('stg_flights__arrived') }}
group by carrier, scheduled_arrival_at

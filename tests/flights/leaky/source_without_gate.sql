-- departures straight from the source, which holds those of the future too
select
    carrier,
    time_hour + to_minutes(minute) as observed_at,
    avg(dep_delay) as source_without_gate
from {{ source('raw', 'flights') }}
group by all

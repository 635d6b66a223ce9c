-- departures within the hour after each
select
    departures.origin,
    departures.departed_at as observed_at,
    count(*) as join_that_looks_ahead
from {{ ref('stg_flights__departed') }} as departures
inner join {{ ref('stg_flights__departed') }} as others
    on
        departures.origin = others.origin
        and others.departed_at between departures.departed_at and departures.departed_at + interval '1 hour'
group by departures.origin, departures.departed_at

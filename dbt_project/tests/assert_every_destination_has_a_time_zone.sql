-- a destination without a time zone would lose its flights in base_flights, without a word
select
    flights.dest as destination,
    count(*) as flights
from {{ source('raw', 'flights') }} as flights
left join {{ ref('stg_airports') }} as airports on flights.dest = airports.airport
where airports.time_zone is null
group by flights.dest

-- where the aircraft is headed today, at each of its departures
with latest as (
    select
        aircraft_id,
        destination
    from {{ ref('stg_flights__departed') }}
    qualify row_number() over (partition by aircraft_id order by departed_at desc, flight_id asc) = 1
),

departures as (
    select distinct
        aircraft_id,
        departed_at as observed_at
    from {{ ref('stg_flights__departed') }}
)

select
    departures.aircraft_id,
    departures.observed_at,
    latest.destination as latest_destination
from departures
inner join latest on departures.aircraft_id = latest.aircraft_id

-- one row per flight that has arrived where it was going, with what is known from then on
with flights as (
    select * from {{ ref('base_flights') }}
),

arrived as (
    select
        flight_id,
        carrier,
        flight_number,
        origin,
        destination,
        aircraft_id,
        arrival_delay_minutes,
        -- the industry's definition
        arrival_delay_minutes >= 15 as is_late,
        scheduled_arrival_at,
        arrived_at
    from flights
    where not is_cancelled and not is_diverted
)

select * from arrived
{{ asof.visible('arrived_at') }}

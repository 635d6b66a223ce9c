-- one row per scheduled flight, with what its schedule says
with flights as (
    select * from {{ ref('base_flights') }}
),

scheduled as (
    select
        flight_id,
        carrier,
        flight_number,
        origin,
        destination,
        aircraft_id,
        distance_miles,
        scheduled_departure_at,
        scheduled_arrival_at,
        published_at
    from flights
)

select * from scheduled
{{ asof.visible('published_at') }}

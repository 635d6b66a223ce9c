-- one row per flight that has departed, with what is known from then on
with flights as (
    select * from {{ ref('base_flights') }}
),

departed as (
    select
        flight_id,
        carrier,
        origin,
        destination,
        aircraft_id,
        departure_delay_minutes,
        scheduled_departure_at,
        departed_at
    from flights
    where not is_cancelled
)

select * from departed
{{ asof.visible('departed_at') }}

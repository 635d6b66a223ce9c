-- one row per cancelled flight
with flights as (
    select * from {{ ref('base_flights') }}
),

cancelled as (
    select
        flight_id,
        carrier,
        origin,
        destination,
        -- no column says when a flight was called off: known for sure when it did not leave
        scheduled_departure_at as cancelled_at
    from flights
    where is_cancelled
)

select * from cancelled
{{ asof.visible('cancelled_at') }}

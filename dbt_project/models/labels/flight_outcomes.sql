-- one row per flight that has arrived; cancelled and diverted flights have no outcome
with arrived as (
    select * from {{ ref('stg_flights__arrived') }}
),

outcomes as (
    select
        flight_id,
        arrival_delay_minutes,
        is_late,
        arrived_at
    from arrived
)

select * from outcomes

-- one row per aircraft and minute in which it arrived
with arrived as (
    select * from {{ ref('stg_flights__arrived') }}
),

arrivals as (
    select
        aircraft_id,
        max(arrival_delay_minutes) as last_arrival_delay_minutes,
        arrived_at
    from arrived
    where aircraft_id is not null and {{ asof.new_since('arrived_at', of=ref('stg_flights__arrived')) }}
    group by aircraft_id, arrived_at
)

select * from arrivals

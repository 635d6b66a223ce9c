-- one row per aircraft and minute in which it departed
with departed as (
    select * from {{ ref('stg_flights__departed') }}
),

departures as (
    select
        aircraft_id,
        max(departure_delay_minutes) as last_departure_delay_minutes,
        departed_at
    from departed
    where aircraft_id is not null and {{ asof.new_since('departed_at', of=ref('stg_flights__departed')) }}
    group by aircraft_id, departed_at
)

select * from departures

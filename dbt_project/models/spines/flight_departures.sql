-- one row per scheduled flight: the question is asked two hours before it should leave
with scheduled as (
    select * from {{ ref('stg_flights__scheduled') }}
),

local_times as (
    select
        *,
        count(*) over (
            partition by origin
            order by scheduled_departure_at
            range between interval '1 hour' preceding and current row
        ) as origin_schedule,
        -- clock features are the airport's: all three origins are in New York
        timezone('America/New_York', scheduled_departure_at) as departs_locally_at
    from scheduled
),

departures as (
    select
        flight_id,
        carrier,
        flight_number,
        origin,
        destination,
        aircraft_id,
        cast(date_part('hour', departs_locally_at) as integer) as departure_hour,
        cast(
            date_part('hour', departs_locally_at) * 60 + date_part('minute', departs_locally_at) as integer
        ) as departure_minute_of_day,
        cast(date_part('isodow', departs_locally_at) as integer) as departure_weekday,
        cast(
            date_diff('minute', scheduled_departure_at, scheduled_arrival_at) as integer
        ) as scheduled_duration_minutes,
        distance_miles,
        cast(origin_schedule as integer) as origin_scheduled_departures_1h,
        scheduled_departure_at,
        scheduled_departure_at - interval '2 hours' as predicted_at
    from local_times
)

select * from departures

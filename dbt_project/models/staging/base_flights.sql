-- one row per scheduled flight
{{ config(materialized='table') }}

with flights as (
    select * from {{ source('raw', 'flights') }}
),

airports as (
    select * from {{ ref('stg_airports') }}
),

-- time_hour is an instant, so the hour that a daylight-saving night repeats or skips is told apart by it
departures as (
    select
        *,
        time_hour + to_minutes(minute) as scheduled_departure_at
    from flights
),

-- arrivals are written in the destination's local time, without a date: the first such time after departure
local_arrivals as (
    select
        departures.*,
        airports.time_zone,
        timezone(airports.time_zone, departures.scheduled_departure_at) as departure_there,
        date_trunc('day', timezone(airports.time_zone, departures.scheduled_departure_at))
        + to_hours(departures.sched_arr_time // 100)
        + to_minutes(departures.sched_arr_time % 100) as arrival_there
    from departures
    inner join airports on departures.dest = airports.airport
),

arrivals as (
    select
        *,
        timezone(
            time_zone,
            case
                when arrival_there > departure_there then arrival_there
                else arrival_there + interval '1 day'
            end
        ) as scheduled_arrival_at
    from local_arrivals
),

instants as (
    select
        concat_ws('-', strftime(make_date(year, month, day), '%Y-%m-%d'), carrier, flight, origin) as flight_id,
        carrier,
        cast(flight as integer) as flight_number,
        origin,
        dest as destination,
        tailnum as aircraft_id,
        cast(distance as integer) as distance_miles,
        cast(dep_delay as integer) as departure_delay_minutes,
        cast(arr_delay as integer) as arrival_delay_minutes,
        dep_time is null as is_cancelled,
        dep_time is not null and arr_delay is null as is_diverted,
        scheduled_departure_at,
        scheduled_arrival_at,
        scheduled_departure_at + to_minutes(dep_delay) as departed_at,
        scheduled_arrival_at + to_minutes(arr_delay) as arrived_at,
        -- no column says when a flight was put on sale; airlines publish months ahead
        scheduled_departure_at - interval '30 days' as published_at
    from arrivals
)

select * from instants
{{ asof.visible('published_at') }}

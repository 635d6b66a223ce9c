-- one row per aircraft and time from which a carrier operates it
with departed as (
    select * from {{ ref('stg_flights__departed') }}
),

aircraft as (
    select * from {{ ref('stg_aircraft') }}
),

flights_in_order as (
    select
        aircraft_id,
        carrier,
        departed_at,
        lag(carrier) over (partition by aircraft_id order by departed_at, flight_id) as carrier_before
    from departed
    where aircraft_id is not null
),

changes as (
    select
        aircraft_id,
        departed_at as operated_from,
        max(carrier) as operator
    from flights_in_order
    where carrier is distinct from carrier_before
    group by aircraft_id, departed_at
),

registrations as (
    select
        changes.aircraft_id,
        changes.operator,
        aircraft.manufacturer,
        aircraft.built_year,
        aircraft.seats,
        changes.operated_from
    from changes
    left join aircraft on changes.aircraft_id = aircraft.aircraft_id
)

select * from registrations

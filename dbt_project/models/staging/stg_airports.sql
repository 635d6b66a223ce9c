-- one row per airport
with airports as (
    select * from {{ source('raw', 'airports') }}
),

islands as (
    select * from {{ ref('airport_time_zones') }}
),

known_airports as (
    select
        faa as airport,
        tzone as time_zone
    from airports
    where tzone is not null
),

all_airports as (
    select * from known_airports
    union all
    select
        airport,
        time_zone
    from islands
    where airport not in (select known_airports.airport from known_airports)
)

select * from all_airports

-- one row per aircraft in the registry
with planes as (
    select * from {{ source('raw', 'planes') }}
),

aircraft as (
    select
        tailnum as aircraft_id,
        manufacturer,
        cast(year as integer) as built_year,
        cast(seats as integer) as seats
    from planes
)

select * from aircraft

-- one row per aircraft and time from which a carrier operates it
with operators as (
    select * from {{ ref('aircraft_operators') }}
),

registry as (
    select
        aircraft_id,
        operator as aircraft_operator,
        manufacturer as aircraft_manufacturer,
        built_year as aircraft_built_year,
        seats as aircraft_seats,
        dbt_valid_from as operated_from
    from operators
    where {{ asof.new_since('dbt_valid_from', of=ref('aircraft_operators')) }}
)

select * from registry

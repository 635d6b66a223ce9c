-- one row per origin and hourly observation
with weather as (
    select * from {{ ref('stg_weather') }}
),

conditions as (
    select
        origin,
        temperature_f,
        dew_point_f,
        humidity_percent,
        wind_direction_degrees,
        wind_speed_mph,
        wind_gust_mph,
        precipitation_inches,
        pressure_millibars,
        visibility_miles,
        observed_at,
        published_at
    from weather
    where {{ asof.new_since('published_at', of=ref('stg_weather')) }}
)

select * from conditions

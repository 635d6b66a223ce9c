-- one row per origin and hour
with weather as (
    select * from {{ source('raw', 'weather') }}
),

observations as (
    select
        origin,
        temp as temperature_f,
        dewp as dew_point_f,
        humid as humidity_percent,
        cast(wind_dir as integer) as wind_direction_degrees,
        wind_speed as wind_speed_mph,
        wind_gust as wind_gust_mph,
        precip as precipitation_inches,
        pressure as pressure_millibars,
        visib as visibility_miles,
        time_hour as observed_at,
        -- an hour's observation is made within the hour and out when the hour is over
        time_hour + interval '1 hour' as published_at
    from weather
)

select * from observations
{{ asof.visible('published_at') }}

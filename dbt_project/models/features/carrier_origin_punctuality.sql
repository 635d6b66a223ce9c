-- one row per carrier, origin and moment at which its last 3 hours there change
with departed as (
    select * from {{ ref('stg_flights__departed') }}
),

departures as (
    select
        carrier,
        origin,
        1 as departures,
        departure_delay_minutes as delay_minutes,
        cast(departure_delay_minutes >= 15 as integer) as late_departures,
        departed_at as observed_at
    from departed
    where {{ asof.new_since('departed_at', lookback='3 hours', of=ref('stg_flights__departed')) }}
),

last_3_hours as (
    {{ trailing_sums(
        'departures',
        ['carrier', 'origin'],
        'observed_at',
        ['departures', 'delay_minutes', 'late_departures'],
        '3 hours'
    ) | indent(4) }}
),

punctuality as (
    select
        carrier,
        origin,
        cast(departures as integer) as carrier_origin_departures_3h,
        delay_minutes / nullif(departures, 0) as carrier_origin_mean_departure_delay_3h,
        late_departures / nullif(departures, 0) as carrier_origin_late_departure_rate_3h,
        observed_at
    from last_3_hours
    where {{ asof.new_since('observed_at') }}
)

select * from punctuality
{{ asof.visible('observed_at') }}

-- one row per carrier and moment at which its last 7 days change
with arrived as (
    select * from {{ ref('stg_flights__arrived') }}
),

arrivals as (
    select
        carrier,
        1 as arrivals,
        arrival_delay_minutes as delay_minutes,
        cast(is_late as integer) as late_arrivals,
        arrived_at as observed_at
    from arrived
),

new_arrivals as (
    select * from arrivals
    where {{ asof.new_since('observed_at', lookback='7 days') }}
),

last_7_days as (
    {{ trailing_sums(
        'new_arrivals',
        ['carrier'],
        'observed_at',
        ['arrivals', 'delay_minutes', 'late_arrivals'],
        '7 days'
    ) | indent(4) }}
),

punctuality as (
    select
        carrier,
        cast(arrivals as integer) as carrier_arrivals_7d,
        delay_minutes / nullif(arrivals, 0) as carrier_mean_arrival_delay_7d,
        late_arrivals / nullif(arrivals, 0) as carrier_late_rate_7d,
        observed_at
    from last_7_days
    where {{ asof.new_since('observed_at') }}
)

select * from punctuality
{{ asof.visible('observed_at') }}

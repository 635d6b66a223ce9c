-- one row per route and moment at which its last 30 days change
with arrived as (
    select * from {{ ref('stg_flights__arrived') }}
),

arrivals as (
    select
        origin,
        destination,
        1 as arrivals,
        arrival_delay_minutes as delay_minutes,
        cast(is_late as integer) as late_arrivals,
        arrived_at as observed_at
    from arrived
),

new_arrivals as (
    select * from arrivals
    where {{ asof.new_since('observed_at', lookback='30 days') }}
),

last_30_days as (
    {{ trailing_sums(
        'new_arrivals',
        ['origin', 'destination'],
        'observed_at',
        ['arrivals', 'delay_minutes', 'late_arrivals'],
        '30 days'
    ) | indent(4) }}
),

punctuality as (
    select
        origin,
        destination,
        cast(arrivals as integer) as route_arrivals_30d,
        delay_minutes / nullif(arrivals, 0) as route_mean_arrival_delay_30d,
        late_arrivals / nullif(arrivals, 0) as route_late_rate_30d,
        observed_at
    from last_30_days
    where {{ asof.new_since('observed_at') }}
)

select * from punctuality
{{ asof.visible('observed_at') }}

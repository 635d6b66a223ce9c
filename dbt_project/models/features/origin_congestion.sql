-- one row per origin and moment at which its last 3 hours change
with departed as (
    select * from {{ ref('stg_flights__departed') }}
),

cancelled as (
    select * from {{ ref('stg_flights__cancelled') }}
),

events as (
    select
        origin,
        departed_at as observed_at,
        1 as departures,
        departure_delay_minutes as delay_minutes,
        cast(departure_delay_minutes >= 15 as integer) as late_departures,
        0 as cancellations
    from departed
    where {{ asof.new_since('departed_at', lookback='3 hours', of=ref('stg_flights__departed')) }}
    union all
    select
        origin,
        cancelled_at as observed_at,
        0 as departures,
        0 as delay_minutes,
        0 as late_departures,
        1 as cancellations
    from cancelled
    where {{ asof.new_since('cancelled_at', lookback='3 hours', of=ref('stg_flights__cancelled')) }}
),

last_3_hours as (
    {{ trailing_sums(
        'events',
        ['origin'],
        'observed_at',
        ['departures', 'delay_minutes', 'late_departures', 'cancellations'],
        '3 hours'
    ) | indent(4) }}
),

congestion as (
    select
        origin,
        cast(departures as integer) as origin_departures_3h,
        cast(cancellations as integer) as origin_cancellations_3h,
        delay_minutes / nullif(departures, 0) as origin_mean_departure_delay_3h,
        late_departures / nullif(departures, 0) as origin_late_departure_rate_3h,
        observed_at
    from last_3_hours
    where {{ asof.new_since('observed_at') }}
)

select * from congestion
{{ asof.visible('observed_at') }}

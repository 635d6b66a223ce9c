-- one row per origin and quarter of an hour: who should have left by then and has not
with scheduled as (
    select * from {{ ref('stg_flights__scheduled') }}
),

departed as (
    select * from {{ ref('stg_flights__departed') }}
),

cancelled as (
    select * from {{ ref('stg_flights__cancelled') }}
),

-- from its schedule to its departure; one that has not left yet waits until now, but no longer than a day
waiting as (
    select
        scheduled.origin,
        scheduled.scheduled_departure_at,
        least(
            coalesce(departed.departed_at, {{ asof.now() }} + interval '1 microsecond'),
            scheduled.scheduled_departure_at + interval '1 day'
        ) as waits_until
    from scheduled
    left join departed on scheduled.flight_id = departed.flight_id
    where
        scheduled.scheduled_departure_at <= {{ asof.now() }}
        and scheduled.flight_id not in (select cancelled.flight_id from cancelled)
),

waiting_at as (
    select
        waiting.origin,
        waiting.scheduled_departure_at,
        quarter.observed_at
    from waiting
    cross join
        lateral unnest(
            generate_series(
                time_bucket(interval '15 minutes', waiting.scheduled_departure_at + interval '899999999 microseconds'),
                waiting.waits_until - interval '1 microsecond',
                interval '15 minutes'
            )
        ) as quarter (observed_at)
),

quarters as (
    select
        origins.origin,
        quarter.observed_at
    from (
        select
            origin,
            min(scheduled_departure_at) as first_departure_at
        from scheduled
        group by origin
    ) as origins
    cross join
        lateral unnest(
            generate_series(
                time_bucket(interval '15 minutes', origins.first_departure_at),
                cast({{ asof.now() }} as timestamptz),
                interval '15 minutes'
            )
        ) as quarter (observed_at)
),

queue as (
    select
        quarters.origin,
        cast(count(waiting_at.observed_at) as integer) as waiting_flights,
        cast(
            coalesce(
                sum(date_diff('minute', waiting_at.scheduled_departure_at, waiting_at.observed_at)), 0
            ) as integer
        ) as waiting_minutes,
        quarters.observed_at
    from quarters
    left join waiting_at
        on quarters.origin = waiting_at.origin and quarters.observed_at = waiting_at.observed_at
    where {{ asof.new_since('quarters.observed_at') }}
    group by quarters.origin, quarters.observed_at
)

select * from queue

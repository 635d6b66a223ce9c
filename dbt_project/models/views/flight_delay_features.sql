-- one row per flight whose prediction is due: what was known two hours before it should leave
{{ config(unique_key=['flight_id', 'predicted_at']) }}

with known as (
    {{ asof.feature_view(
        spine=ref('flight_departures'),
        features=[
            asof.features(ref('origin_weather')),
            asof.features(ref('origin_congestion')),
            asof.features(ref('origin_queue')),
            asof.features(ref('carrier_punctuality')),
            asof.features(ref('carrier_origin_punctuality')),
            asof.features(ref('route_punctuality')),
            asof.features(ref('flight_number_punctuality')),
            asof.features(ref('aircraft_arrivals'), columns=['last_arrival_delay_minutes', 'arrived_at']),
            asof.features(ref('aircraft_departures'), columns=['last_departure_delay_minutes', 'departed_at']),
            asof.features(ref('aircraft_registry')),
        ],
        label=ref('flight_outcomes'),
    ) | indent(4) }}
),

-- how long ago is a matter of both the row and the question
derived as (
    select
        * exclude (arrived_at, departed_at),
        cast(date_diff('minute', arrived_at, predicted_at) as integer) as minutes_since_last_arrival,
        cast(date_diff('minute', departed_at, predicted_at) as integer) as minutes_since_last_departure
    from known
)

select * from derived

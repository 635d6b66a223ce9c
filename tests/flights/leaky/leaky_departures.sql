-- only flights that did depart are asked about
select
    flight_id,
    carrier,
    origin,
    scheduled_departure_at - interval '2 hours' as predicted_at
from {{ ref('stg_flights__departed') }}

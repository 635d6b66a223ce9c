-- one row per flight number of a carrier and moment at which its last 30 days change
with arrived as (
    select * from {{ ref('stg_flights__arrived') }}
),

{{ arrival_punctuality(['carrier', 'flight_number'], of='flight_number', days=30) }}

select * from punctuality
{{ asof.visible('observed_at') }}

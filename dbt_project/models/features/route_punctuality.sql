-- one row per route and moment at which its last 30 days change
with arrived as (
    select * from {{ ref('stg_flights__arrived') }}
),

{{ arrival_punctuality(['origin', 'destination'], of='route', days=30) }}

select * from punctuality
{{ asof.visible('observed_at') }}

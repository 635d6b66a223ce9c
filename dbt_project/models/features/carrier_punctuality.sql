-- one row per carrier and moment at which its last 7 days change
with arrived as (
    select * from {{ ref('stg_flights__arrived') }}
),

{{ arrival_punctuality(['carrier'], of='carrier', days=7) }}

select * from punctuality
{{ asof.visible('observed_at') }}

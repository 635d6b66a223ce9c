select * from {{ ref('answers') }}

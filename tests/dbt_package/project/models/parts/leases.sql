select * from {{ source('raw', 'leases') }}
{{ asof.visible('filed_at') }}

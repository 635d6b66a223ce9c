select * from {{ source('raw', 'answers') }}
{{ asof.visible('answered_at') }}

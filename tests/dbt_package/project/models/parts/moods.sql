select * from {{ source('raw', 'moods') }}
{{ asof.visible('felt_at') }}

select * from {{ source('raw', 'prices') }}
{{ asof.visible('learned_at') }}

-- one row per bottle: who grew it
select
    bottle_id,
    grower,
    opened_at + interval 1 day as told_at
from {{ source('raw', 'wines') }}
{{ asof.visible('opened_at + interval 1 day') }}

-- one row per bottle that has been opened
select
    bottle_id,
    opened_at
from {{ source('raw', 'wines') }}
{{ asof.visible('opened_at') }}

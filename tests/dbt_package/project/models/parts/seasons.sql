select * from {{ source('raw', 'seasons') }}
{{ asof.visible('announced_at') }}

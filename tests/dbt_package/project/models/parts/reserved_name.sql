select
    *,
    happened_at as asof_visible_from
from {{ ref('prices') }}

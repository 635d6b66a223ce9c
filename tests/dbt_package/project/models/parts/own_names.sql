select
    *,
    cast('2000-01-01' as timestamptz) as visible_from
from {{ ref('prices') }}

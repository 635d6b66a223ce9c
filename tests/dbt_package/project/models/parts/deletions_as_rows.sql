select
    *,
    'False' as dbt_is_deleted
from {{ ref('prices') }}

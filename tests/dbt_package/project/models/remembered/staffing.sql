select
    shop,
    manager,
    dbt_valid_from at time zone 'UTC' as seen_from,
    dbt_valid_to at time zone 'UTC' as seen_to
from {{ ref('staff') }}

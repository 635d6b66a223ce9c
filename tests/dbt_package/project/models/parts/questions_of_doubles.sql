select
    id,
    cast(length(shop) as double) as shop,
    asked_at
from {{ ref('questions') }}

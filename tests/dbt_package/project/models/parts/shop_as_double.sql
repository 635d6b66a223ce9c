select
    cast(length(shop) as double) as shop,
    happened_at,
    learned_at,
    price
from {{ ref('prices') }}

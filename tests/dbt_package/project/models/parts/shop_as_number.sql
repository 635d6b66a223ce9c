select
    length(shop) as shop,
    happened_at,
    learned_at,
    price
from {{ ref('prices') }}

select
    shop,
    cast(epoch(happened_at) as bigint) as happened_at,
    price
from {{ ref('prices') }}

select
    shop,
    cast(happened_at as timestamp) as happened_at,
    price
from {{ ref('prices') }}

select
    shop as street,
    happened_at,
    learned_at,
    price as other
from {{ ref('prices') }}

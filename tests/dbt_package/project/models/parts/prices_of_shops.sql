select
    shop,
    learned_at,
    price
from {{ ref('prices') }}
where shop is not null and learned_at is not null

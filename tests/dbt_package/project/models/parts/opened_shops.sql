select
    shop,
    min(learned_at) as opened_at,
    case when shop = 'C' then cast('2024-05-01 20:00:00+00' as timestamptz) end as closed_at
from {{ ref('prices_of_shops') }}
group by shop

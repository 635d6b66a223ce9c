-- each question with the shop across the street
select
    id,
    shop,
    case when shop = 'A' then 'B' else 'A' end as rival,
    asked_at
from {{ ref('questions') }}

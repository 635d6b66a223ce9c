-- the same without saying of which visit
select
    shop,
    answer,
    answered_at
from {{ ref('takings') }}

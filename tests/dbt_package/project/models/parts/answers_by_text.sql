select
    cast(id as varchar) as id,
    answer,
    answered_at
from {{ ref('answers') }}

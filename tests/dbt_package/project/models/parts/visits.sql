-- a spine that asks about the same shops again and again
select
    shop,
    asked_at
from {{ ref('questions') }}

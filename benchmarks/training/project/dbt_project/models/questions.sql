-- one row per question, one a minute up to the end of 2024
select
    i as question_id,
    timestamptz '2025-01-01 00:00:00+00' - to_minutes(i) as asked_at
from range(1, {{ var('rows') }} + 1) as numbers (i)

-- one row per question, one a minute up to the end of 2024
select
    number as question_id,
    timestamptz '2025-01-01 00:00:00+00' - to_minutes(number) as asked_at
from (select unnest(range(1, {{ var('rows') }} + 1)) as number)

-- one row per question: its outcome, which follows from some of the numbers and from chance, and is known an hour later
select
    question_id,
    hash(question_id, 'chance') % 1000 / 1000e0
    < 1 / (1 + exp(2.5 - 3e0 * (hash(question_id, 2) % 10000 / 1e4) - (hash(question_id, 22) % 7) / 4e0)) as is_yes,
    asked_at + interval 1 hour as answered_at
from {{ ref('questions') }}

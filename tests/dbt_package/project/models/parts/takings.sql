-- what came of each visit
select
    questions.shop,
    questions.asked_at,
    answers.answer,
    answers.answered_at
from {{ ref('answers') }} as answers
inner join {{ ref('questions') }} as questions on answers.id = questions.id

-- one row per question: 20 numbers, half of them with NULLs, and 5 columns of text
select
    questions.question_id,
    questions.asked_at,
    {%- for n in range(1, 11) %}
    hash(questions.question_id, {{ n }}) % 10000 / 1e4 as ratio_{{ n }},
    {%- endfor %}
    {%- for n in range(11, 21) %}
    case
        when hash(questions.question_id, {{ n }}) % 10 > 0
            then (hash(questions.question_id, {{ n }}) % 1000)::integer
    end as count_{{ n }},
    {%- endfor %}
    {%- for n in range(21, 26) %}
    'category ' || hash(questions.question_id, {{ n }}) % {{ 7 * (n - 20) }} as text_{{ n }},
    {%- endfor %}
    answers.is_yes,
    answers.answered_at as label_known_at
from {{ ref('questions') }} as questions
inner join {{ ref('answers') }} as answers on questions.question_id = answers.question_id

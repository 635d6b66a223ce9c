-- a label that is known before its prediction is made would be an answer, not a question
select
    flight_id,
    predicted_at,
    label_known_at
from {{ ref('flight_delay_features') }}
where
    label_known_at <= predicted_at
    or (label_known_at is null) <> (is_late is null)

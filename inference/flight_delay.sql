-- one row per scored flight: tell the passengers from the threshold of the model spec on, one half if it has none
select
    flight_id,
    as_of,
    case when score >= threshold then 'warn' else 'none' end as decision
from scored

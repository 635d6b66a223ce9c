-- one row per scored flight: tell the passengers when a late arrival is more likely than not
select
    flight_id,
    as_of,
    case when score >= 0.5 then 'warn' else 'none' end as decision
from scored

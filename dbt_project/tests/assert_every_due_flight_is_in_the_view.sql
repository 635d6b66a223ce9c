-- each flight whose prediction is due comes out of the feature view exactly once, and no other does
select
    departures.flight_id as due,
    features.flight_id as built
from {{ ref('flight_departures') }} as departures
full join {{ ref('flight_delay_features') }} as features
    on departures.flight_id = features.flight_id and departures.predicted_at = features.predicted_at
where
    (departures.predicted_at <= {{ asof.now() }} and features.flight_id is null)
    or departures.flight_id is null

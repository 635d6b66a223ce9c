with known as (
    {{ asof.feature_view(
        spine=ref('flight_departures'),
        features=[
            asof.features(ref('outcome_at_schedule')),
            asof.features(ref('window_that_goes_on')),
            asof.features(ref('window_before_known')),
            asof.features(ref('day_at_its_beginning')),
            asof.features(ref('wall_clock')),
            asof.features(ref('chance')),
            asof.features(ref('latest_destination')),
            asof.features(ref('source_without_gate')),
            asof.features(ref('snapshot_by_update_time')),
            asof.features(ref('scaled_in_the_query')),
            asof.features(ref('join_that_looks_ahead')),
            asof.features(ref('known_too_early')),
        ],
        label=ref('flight_outcomes'),
    ) | indent(4) }}
)

select
    *,
    coalesce(is_late, false) as label_in_the_view
from known

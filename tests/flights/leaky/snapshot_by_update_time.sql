-- a timestamp snapshot by the time that its source gives
select
    aircraft_id,
    operator as snapshot_by_update_time,
    dbt_valid_from as observed_at
from {{ ref('aircraft_operators') }}

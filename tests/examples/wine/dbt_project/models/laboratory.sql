-- one row per bottle: its chemistry, measured an hour before it is opened
select
    * exclude (opened_at, grower),
    opened_at - interval 1 hour as measured_at
from {{ source('raw', 'wines') }}
{{ asof.visible('opened_at') }}

select
    * exclude (price),
    price as "PRICE"
from {{ ref('prices') }}

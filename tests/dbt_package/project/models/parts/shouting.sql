select
    * exclude (price),
    price as "PRICE" -- noqa: RF06
from {{ ref('prices') }}

select
    * exclude (price),
    price as "the ""price""" -- noqa: RF05,RF06
from {{ ref('prices') }}

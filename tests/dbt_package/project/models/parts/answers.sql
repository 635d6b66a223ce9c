-- those that are not known yet are here too: the view must hide them by itself
select * from {{ source('raw', 'answers') }}

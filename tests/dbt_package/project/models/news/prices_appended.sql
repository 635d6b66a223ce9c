{{ config(materialized='incremental') }}
select * from {{ source('raw', 'prices') }}
where {{ asof.new_since('learned_at', of=source('raw', 'prices')) }}

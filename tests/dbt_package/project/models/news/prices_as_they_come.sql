{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['shop', 'happened_at', 'learned_at']
) }}
select * from {{ source('raw', 'prices') }}
where {{ asof.new_since('learned_at', of=source('raw', 'prices')) }}

{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['shop', 'asked_at']) }}
{{ asof.feature_view(spine=ref('visits'), features=[asof.features(ref('prices'))], label=ref('takings')) }}

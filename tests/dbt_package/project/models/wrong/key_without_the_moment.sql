{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }}
{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('moods'))]) }}

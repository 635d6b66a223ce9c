{{ config(materialized='incremental', incremental_strategy='append', unique_key=['id', 'asked_at']) }}
{{ asof.feature_view(
    spine=ref('questions'), features=[asof.features(ref('moods'))], label=ref('answers')
) }}

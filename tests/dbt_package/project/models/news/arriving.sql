{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['id', 'asked_at']) }}
{{ asof.feature_view(
    spine=ref('questions'),
    features=[asof.features(ref('prices_as_they_come'), columns=['price'])],
) }}

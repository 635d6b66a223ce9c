{{ config(unique_key=['id', 'asked_at']) }}
{{ asof.feature_view(
    spine=ref('questions'), features=[asof.features(ref('prices'), columns=['price'])], lookback='2 hours'
) }}

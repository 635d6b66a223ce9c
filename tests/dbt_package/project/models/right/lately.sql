{{ config(unique_key=['shop', 'asked_at']) }}
{{ asof.feature_view(spine=ref('every_two_hours'), features=[asof.features(ref('recent_prices'))]) }}

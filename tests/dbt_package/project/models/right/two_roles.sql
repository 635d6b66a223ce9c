{{ config(unique_key=['id', 'asked_at']) }}
{{ asof.feature_view(
    spine=ref('rivals'),
    features=[
        asof.features(ref('prices'), columns=['note'], prefix='own_'),
        asof.features(ref('prices'), columns=['note'], prefix='rival_', entity={'shop': 'rival'}),
    ],
) }}

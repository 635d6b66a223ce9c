{{ config(unique_key=['id', 'asked_at']) }}
{{ asof.feature_view(
    spine=ref('questions'),
    features=[
        asof.features(ref('prices')),
        asof.features(ref('prices'), columns=['price'], ttl='2 hours', prefix='fresh_'),
        asof.features(ref('moods')),
        asof.features(ref('seasons')),
        asof.features(ref('leases')),
    ],
    label=ref('answers'),
) }}

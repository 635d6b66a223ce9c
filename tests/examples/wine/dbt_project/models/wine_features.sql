-- one row per bottle that has been opened
{{ asof.feature_view(
    spine=ref('bottles'),
    features=[asof.features(ref('laboratory'))],
    label=ref('growers'),
) }}

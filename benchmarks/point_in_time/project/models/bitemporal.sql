{{ asof.feature_view(
    spine=ref('spine'),
    features=[asof.features(ref('activity')), asof.features(ref('demand')), asof.features(ref('stock'))],
) }}

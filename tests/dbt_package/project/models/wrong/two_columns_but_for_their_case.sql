{{ asof.feature_view(
    spine=ref('questions'), features=[asof.features(ref('prices')), asof.features(ref('shouting'), columns=['PRICE'])]
) }}

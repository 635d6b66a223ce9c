{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('own_names'))]) }}

{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('prices_in_python'))]) }}

{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('quoted_name'))]) }}

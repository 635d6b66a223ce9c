{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('counted_times'))]) }}

{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('errors_late'))]) }}

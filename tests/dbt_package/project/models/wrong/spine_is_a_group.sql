{{ asof.feature_view(spine=ref('prices'), features=[asof.features(ref('prices'))]) }}

{{ asof.feature_view(spine=ref('rivals'), features=[asof.features(ref('prices'), entity={'store': 'rival'})]) }}

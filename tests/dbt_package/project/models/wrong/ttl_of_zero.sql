{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('prices'), ttl='0 days')]) }}

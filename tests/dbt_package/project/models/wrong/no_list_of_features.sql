{{ asof.feature_view(spine=ref('questions'), features=[ref('prices')]) }}

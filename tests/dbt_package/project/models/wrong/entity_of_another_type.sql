{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('shop_as_number'))]) }}

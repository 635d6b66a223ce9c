{{ asof.feature_view(spine=ref('questions_of_doubles'), features=[asof.features(ref('shop_as_double'))]) }}

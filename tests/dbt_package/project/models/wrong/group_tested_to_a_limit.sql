{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('tested_to_a_limit'))]) }}

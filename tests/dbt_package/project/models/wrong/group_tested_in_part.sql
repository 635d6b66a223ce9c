{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('tested_in_part'))]) }}

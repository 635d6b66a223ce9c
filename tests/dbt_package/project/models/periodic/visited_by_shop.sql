{{ asof.feature_view(spine=ref('visits'), features=[asof.features(ref('prices'))], label=ref('takings_of_a_shop')) }}

{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('moods'))], label=ref('untested_answers')) }}

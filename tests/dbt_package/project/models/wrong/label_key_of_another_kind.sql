{{ asof.feature_view(spine=ref('questions'), features=[asof.features(ref('moods'))], label=ref('answers_by_text')) }}

{{ asof.feature_view(spine=ref('untested_questions'), features=[asof.features(ref('moods'))]) }}

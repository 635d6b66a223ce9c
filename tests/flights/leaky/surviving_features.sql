{{ asof.feature_view(
    spine=ref('leaky_departures'), features=[asof.features(ref('origin_weather'))], label=ref('flight_outcomes')
) }}

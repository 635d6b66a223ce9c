{{ asof.feature_view(
    spine=ref('spine'),
    features=[
        asof.features(ref('activity_at_once')), asof.features(ref('demand_at_once')), asof.features(ref('stock_at_once'))
    ],
) }}

-- every shop with a price, every two hours from ten on, until it is learned that it closes
{{ asof.periodic_spine(
    ref('opened_shops'), ['shop'], every='2 hours', first='2024-05-01T10:00', since='opened_at', until='closed_at'
) }}

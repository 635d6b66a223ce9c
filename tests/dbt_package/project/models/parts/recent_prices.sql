-- how many prices of a shop were learned in the two hours before, and the sum of them
{{ asof.trailing(
    ref('prices_of_shops'), ['shop'], 'learned_at', '2 hours', {'changes': 'count(*)', 'total': 'sum(price)'}
) }}

-- what is learned of each shop in the three hours after each question of every two hours, an hour after that
{{ asof.horizon_label(
    ref('every_two_hours'), ref('prices_of_shops'), ['shop'], 'learned_at', '3 hours',
    {'changes_ahead': 'count(facts.learned_at)', 'total_ahead': 'sum(facts.price)'}, delay='1 hour'
) }}

{#
    What a row costs by a metric, as SQL. `make schema` writes this file from src/asof/metrics/catalog.py.

    score        the prediction's score, as SQL
    label        the outcome, as a number
    likelihood   the probability that the prediction gave to the outcome
#}
{% macro _row_loss(problem, metric, score, label, likelihood) %}
    {%- set losses = {
        'binary': {
            'log_loss': '-ln(greatest({likelihood}, 1e-15::double))',
            'brier_score': 'pow({score} - {label}, 2)',
        },
        'multiclass': {
            'log_loss': '-ln(greatest({likelihood}, 1e-15::double))',
        },
        'regression': {
            'mean_absolute_error': 'abs({score} - {label})',
            'mean_squared_error': 'pow({score} - {label}, 2)',
        },
    } -%}
    {%- set loss = losses[problem][metric] -%}
    {{ return(loss.replace('{score}', score).replace('{label}', label).replace('{likelihood}', likelihood)) }}
{% endmacro %}

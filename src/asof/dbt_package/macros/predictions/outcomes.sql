{#
    The rows of a prediction table whose outcome is known by now, as a SELECT: all columns of the prediction, with columns of
    the feature view beside them, and the outcome as `asof_outcome`. A question whose prediction was made after the present, or whose outcome is learned after
    it, is left out.

    predictions   the prediction table, as SQL
    view          the feature view, as ref(...)
    spine         its spine, from `_spine_of_view`
    label         the column of the view that has the outcome
    columns       what else is taken of the view, {name: column}
#}
{% macro _predictions_with_outcomes(predictions, view, spine, label, columns={}) -%}
select
    predictions.*,
    {%- for name, column in columns.items() %}
    features.{{ adapter.quote(column) }} as {{ name }},
    {%- endfor %}
    features.{{ adapter.quote(label) }} as asof_outcome
from {{ predictions }} as predictions
inner join {{ view }} as features
    on
        {%- for column in spine.key %}
        predictions.{{ adapter.quote(column) }} = features.{{ adapter.quote(column) }} and
        {%- endfor %}
        predictions.as_of = features.{{ adapter.quote(spine.as_of) }}
where
    features.{{ adapter.quote(label) }} is not null
    and features.label_known_at <= {{ asof.now() }}
    and predictions.scored_at <= {{ asof.now() }}
{%- endmacro %}

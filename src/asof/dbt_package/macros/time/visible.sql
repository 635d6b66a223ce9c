{#
    The last line of a model that reads sources: hides the rows that were not yet known at the present.

    known_at   the column (or expression) that says when the warehouse could first know the row

    {{ asof.visible('arrived_at') }}   ->   where arrived_at <= current_timestamp
#}
{% macro visible(known_at) -%}
    where {{ known_at }} <= {{ asof.now() }}
{%- endmacro %}

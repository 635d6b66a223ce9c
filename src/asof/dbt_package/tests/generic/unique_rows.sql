{#
    Fails if two rows of a model agree in all of these columns.

    columns    a list of column names
#}
{% test unique_rows(model, columns) %}
select
    {%- for column in columns %}
    {{ adapter.quote(column) }},
    {%- endfor %}
    count(*) as rows_of_one_key
from {{ model }}
group by {% for column in columns %}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %}
having count(*) > 1
{% endtest %}

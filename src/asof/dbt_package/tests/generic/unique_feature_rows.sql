{#
    Fails if two rows of a feature group have one entity, event time and known time: then no rule says which is newer.
    Takes the columns from the group's own meta.asof.
#}
{% test unique_feature_rows(model) %}
    {%- if execute -%}
        {%- set group = asof._group_meta(model) -%}
        {%- set columns = (group.entity + [group.event_time, group.known_at]) | unique -%}
        {%- set columns = columns | map('string') | list %}
select
    {%- for column in columns %}
    {{ adapter.quote(column) }},
    {%- endfor %}
    count(*) as rows_of_one_time
from {{ model }}
group by {% for column in columns %}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %}
having count(*) > 1
    {%- else -%}
select 1 as not_compiled_yet
    {%- endif -%}
{% endtest %}

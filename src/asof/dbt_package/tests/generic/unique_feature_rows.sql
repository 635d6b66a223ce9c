{#
    Fails if two rows of a feature group have one entity, event time and known time: then no rule says which is newer.
    Takes the columns from the group's own meta.asof.
#}
{% test unique_feature_rows(model) %}
    {%- if execute -%}
{{ asof._bad_feature_rows(asof._group_meta(model)) }}
    {%- else -%}
select 1 as not_compiled_yet
    {%- endif -%}
{% endtest %}

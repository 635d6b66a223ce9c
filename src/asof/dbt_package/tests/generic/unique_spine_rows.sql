{#
    Fails if two rows of a spine are one question, or if a row has no whole question: a NULL in its key or its moment of
    prediction, or a moment that is infinite. Takes the columns from the spine's own meta.asof.
#}
{% test unique_spine_rows(model) %}
    {%- if execute -%}
{{ asof._bad_spine_rows(asof._meta(model, 'spine', ['key', 'as_of'])) }}
    {%- else -%}
select 1 as not_compiled_yet
    {%- endif -%}
{% endtest %}

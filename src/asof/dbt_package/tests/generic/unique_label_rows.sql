{#
    Fails if a label model has two rows of one question with one known_at: then no rule says which outcome is right. A
    corrected outcome is a row of its own with a later known_at. Takes the columns from the label's own meta.asof.
#}
{% test unique_label_rows(model) %}
    {%- if execute -%}
        {%- set label = asof._meta(model, 'label', ['key', 'labels', 'known_at']) -%}
{{ asof._bad_label_rows(dict(label, question=asof._question_of_label(label))) }}
    {%- else -%}
select 1 as not_compiled_yet
    {%- endif -%}
{% endtest %}

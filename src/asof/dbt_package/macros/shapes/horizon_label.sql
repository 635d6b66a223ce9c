{#
    The SELECT of a label: aggregates of an entity's facts over the length of time after each question.

    spine      the questions, as ref(...)
    relation   the facts, one row each, as ref(...); the SELECT calls them `facts`
    entity     the columns by which facts belong to a question
    time       when a fact happened: an instant
    length     how far ahead, as '28 days'
    labels     the columns to make, each with one expression of aggregates of the facts
    delay      how long after that the facts are all there, as '2 hours' (optional)

    Columns: the spine's key and moment, the labels, known_at: when the length of time, and the delay, are over. Only outcomes that
    are known are there. A fact at the very moment of the question is known already, and no part of the outcome.

    asof.horizon_label(ref('mondays'), ref('orders'), ['customer_id'], 'ordered_at', '28 days',
        {'stays_away': 'count(facts.order_id) = 0', 'spends': 'coalesce(sum(facts.amount), 0)'})
#}
{% macro horizon_label(spine, relation, entity, time, length, labels, delay=none) %}
    {%- if not execute -%}
        {{ return('select 1 as not_compiled_yet') }}
    {%- endif -%}
    {%- do asof._require_length_of_time(length, "the length of asof.horizon_label in " ~ model.name) -%}
    {%- do asof._require_length_of_time(delay, "the delay of asof.horizon_label in " ~ model.name) if delay is not none -%}
    {%- set meta = asof._meta(spine, 'spine', ['key', 'as_of']) -%}
    {%- set as_of = 'questions.' ~ adapter.quote(meta.as_of) -%}
    {%- set key = [] -%}
    {%- for column in asof._key_without_moment(meta) -%}
        {%- do key.append('questions.' ~ adapter.quote(column)) -%}
    {%- endfor -%}
    {%- set known_at = as_of ~ " + interval '" ~ length ~ "'" ~ (" + interval '" ~ delay ~ "'" if delay is not none else '') -%}
select
    {%- for column in key %}
    {{ column }},
    {%- endfor %}
    {{ as_of }},
    {%- for name, aggregate in labels.items() %}
    {{ aggregate }} as {{ adapter.quote(name) }},
    {%- endfor %}
    {{ known_at }} as known_at
from {{ spine }} as questions
left join {{ relation }} as facts
    on
        {%- for column in entity %}
        questions.{{ adapter.quote(column) }} = facts.{{ adapter.quote(column) }}
        and {% endfor -%}
        {{ as_of }} < facts.{{ adapter.quote(time) }}
        and facts.{{ adapter.quote(time) }} <= {{ as_of }} + interval '{{ length }}'
where {{ known_at }} <= {{ asof.now() }}
group by {{ (key + [as_of]) | join(', ') }}
{%- endmacro %}

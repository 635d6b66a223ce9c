{#
    The SELECT of a spine that asks about each row of a relation again and again: every customer each Monday.

    relation   what is asked about, one row each, as ref(...)
    key        the columns that name a row
    every      from one question to the next, as '7 days'
    first      the moment of the first question of all, as '2024-01-01'; without a zone it is UTC
    since      the column that says from when on a row is asked about (optional)
    until      the column that says until when; NULL is for ever (optional)
    as_of      what the moment of a question is called

    Columns: the key, and the moment. Only moments that have come are there.

    asof.periodic_spine(ref('customers'), ['customer_id'], every='7 days', first='2024-01-01', since='signed_up_at')
#}
{% macro periodic_spine(relation, key, every, first, since=none, until=none, as_of='asked_at') %}
    {%- if not execute -%}
        {{ return('select 1 as not_compiled_yet') }}
    {%- endif -%}
    {%- do asof._require_length_of_time(every, "every of asof.periodic_spine in " ~ model.name) -%}
    {%- set start = "cast('" ~ asof._parse_instant(first, "first of asof.periodic_spine in " ~ model.name) ~ "' as timestamptz)" -%}
    {%- set moment = 'moments.' ~ adapter.quote(as_of) -%}
    {%- set conditions = [] -%}
    {%- do conditions.append('things.' ~ adapter.quote(since) ~ ' <= ' ~ moment) if since is not none -%}
    {%- do conditions.append(
        'coalesce(things.' ~ adapter.quote(until) ~ ' > ' ~ moment ~ ', true)'
    ) if until is not none -%}
select
    {%- for column in key %}
    things.{{ adapter.quote(column) }},
    {%- endfor %}
    {{ moment }}
from {{ relation }} as things
cross join (
    select {{ 'unnest' if target.type == 'duckdb' }}(generate_series({{ start }}, {{ asof.now() }}, interval '{{ every }}')) as {{ adapter.quote(as_of) }}
) as moments
{%- if conditions %}
where {{ conditions | join(' and ') }}
{%- endif %}
{%- endmacro %}

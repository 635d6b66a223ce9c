{#
    The SELECT of a feature group: aggregates of an entity's facts over the length of time before, at each moment at which
    they change.

    relation   the facts, one row each, as ref(...)
    entity     the columns whose facts belong together
    time       when a fact was known: an instant
    length     how far back, as '28 days'
    measures   the columns to make, each with one aggregate of columns of the facts

    Columns: the entity, changed_at (its event_time and its known_at), the measures.

    asof.trailing(ref('orders'), ['customer_id'], 'ordered_at', '28 days', {'orders_28d': 'count(*)', 'spent_28d': 'sum(amount)'})

    They change when a fact comes in, and again when it is as old as `length`: there is a row for both, so that the newest row
    at a moment has the facts of (moment - length, moment], whether or not anything happened since.
#}
{% macro trailing(relation, entity, time, length, measures) %}
    {%- if not execute -%}
        {{ return('select 1 as not_compiled_yet') }}
    {%- endif -%}
    {%- do asof._require_length_of_time(length, "the length of asof.trailing in " ~ model.name) -%}
with moments as (
    select
        facts.*,
        facts.{{ adapter.quote(time) }} as changed_at,
        true as asof_is_fact
    from {{ relation }} as facts
    union all
    select
        facts.*,
        facts.{{ adapter.quote(time) }} + interval '{{ length }}' as changed_at,
        false as asof_is_fact
    from {{ relation }} as facts
)

-- facts of one moment give one row
select distinct
    {%- for column in entity %}
    {{ adapter.quote(column) }},
    {%- endfor %}
    changed_at,
    {%- for name, aggregate in measures.items() %}
    {{ aggregate }} filter (where asof_is_fact) over recent as {{ adapter.quote(name) }}{{ ',' if not loop.last }}
    {%- endfor %}
from moments
{{ asof.visible('changed_at') }}
window
    recent as (
        {% if entity %}partition by {{ asof._list(entity) }}
        {% endif %}order by changed_at
        -- one that is exactly as old as the length counts no more
        range between interval '{{ length }}' - interval '1 microsecond' preceding and current row
    )
{%- endmacro %}

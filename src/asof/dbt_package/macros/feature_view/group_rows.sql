{#
    The rows of a group that can ever be the answer, each with asof_visible_from, the moment from which it is.

    A row is visible from the later of its two times on. One that a newer fact has already overtaken by then never wins.
    Without those rows there is one row left per entity and asof_visible_from, and the newest asof_visible_from at or
    before as_of is the answer to the rule: in the order of asof_visible_from, and among rows that became visible at once
    the winner first, each must be at least as new as all before it.

    Two rows of one time cannot be told apart here; asof.unique_feature_rows sees to it that there are none.
#}
{% macro _group_rows_ctes(group) -%}
    {{- return(adapter.dispatch('group_rows_ctes', 'asof')(group)) -}}
{%- endmacro %}


{% macro _group_ctes(group, spine) -%}
    {{- return(adapter.dispatch('group_ctes', 'asof')(group, spine)) -}}
{%- endmacro %}


{% macro _group_join(group, spine) -%}
    {{- return(adapter.dispatch('group_join', 'asof')(group, spine)) -}}
{%- endmacro %}


{# The columns that the join needs of a group, quoted. #}
{% macro _needed_columns(group) %}
    {%- set needed = [] -%}
    {%- for column in (group.entity + ([group.event_time] if group.ttl else []) + group.columns) | map('string') | unique -%}
        {%- do needed.append(adapter.quote(column)) -%}
    {%- endfor -%}
    {{ return(needed) }}
{% endmacro %}


{#
    The rows that can match at all: a NULL in the entity or a time never does. It is said here, not left to the join,
    since DuckDB 1.5's ASOF join takes a NULL for equal to a NULL when it sorts and the entity has several columns.
#}
{% macro _is_whole(group) -%}
    {%- for column in (group.entity + [group.event_time, group.known_at]) | map('string') | unique -%}
        {{ 'and ' if not loop.first }}{{ adapter.quote(column) }} is not null{{ ' ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# Facts that are known when they happen are visible in the order in which they happened: nothing overtakes them. #}
{% macro _is_in_order(group) %}
    {{ return(group.event_time == group.known_at) }}
{% endmacro %}

{#
    The newest visible row of each entity of a feature group as of a moment, without a spine: a SELECT of the group's columns,
    its times, and asof_visible_from. It is what a question of that moment would be given, before the ttl and the end of a row
    are looked at.

    relation   the feature group, as ref(...)
    moment     an instant, as SQL

    asof.newest_rows(ref('prices'), asof.now())   ->   for each shop the price that is known now
#}
{% macro newest_rows(relation, moment) %}
    {%- if not execute -%}
        {{ return('select 1 as not_compiled_yet') }}
    {%- endif -%}
    {%- set group = asof._group_meta(relation) -%}
    {%- set columns = group.table_columns.keys() | reject('in', group.entity + asof._snapshot_columns(group.node)) | list -%}
    {{- return(asof._newest_rows_sql(dict(group, columns=columns, ttl=none, cte='visible'), columns, moment)) -}}
{% endmacro %}


{% macro _newest_rows_sql(group, columns, moment) -%}
with {{ asof._group_rows_ctes(group) }}

select
    {%- for column in group.entity + columns %}
    {{ adapter.quote(column) }},
    {%- endfor %}
    asof_visible_from
from (
    select
        *,
        row_number() over (
            {% if group.entity %}partition by {{ asof._list(group.entity) }} {% endif %}order by asof_visible_from desc
        ) as asof_place
    from visible
    where asof_visible_from <= {{ moment }}
) as ranked
where asof_place = 1
{%- endmacro %}

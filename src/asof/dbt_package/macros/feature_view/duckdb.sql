{# The form of DuckDB: one ASOF join a group, each with a unique time on its right side. #}
{% macro duckdb__group_rows_ctes(group) -%}
{%- set event_time = adapter.quote(group.event_time) -%}
{%- set known_at = adapter.quote(group.known_at) -%}
{{ group.cte }} as (
    select
        {%- for column in asof._needed_columns(group) %}
        {{ column }},
        {%- endfor %}
        {%- if group.valid_to %}
        {{ adapter.quote(group.valid_to) }} as asof_ends_at,
        {%- endif %}
        {{ event_time if asof._is_in_order(group) else 'greatest(' ~ event_time ~ ', ' ~ known_at ~ ')' }} as asof_visible_from
    from {{ group.relation }} as facts
    where {{ asof._is_whole(group) }}
    {%- if not asof._is_in_order(group) %}
    window
        in_order as (
            {% if group.entity %}partition by {{ asof._list(group.entity) }}
            {% endif %}order by asof_visible_from, {{ event_time }} desc, {{ known_at }} desc
        )
    qualify
        {{ event_time }} = max({{ event_time }}) over in_order
        and asof_visible_from is distinct from lag(asof_visible_from) over in_order
    {%- endif %}
)
{%- endmacro %}


{% macro duckdb__group_ctes(group, spine) -%}
{{ asof._group_rows_ctes(group) }}
{%- endmacro %}


{% macro duckdb__group_join(group, spine) -%}
asof left join {{ group.cte }}
    on {% for column in group.entity -%}
        spine.{{ adapter.quote(group.of_spine[column]) }} = {{ group.cte }}.{{ adapter.quote(column) }}
    and {% endfor -%}
    spine.{{ adapter.quote(spine.as_of) }} >= {{ group.cte }}.asof_visible_from
{%- endmacro %}

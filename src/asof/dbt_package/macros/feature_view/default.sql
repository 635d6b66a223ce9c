{#
    The form of every other engine, in plain SQL: tested on PostgreSQL.

    Questions and rows are laid out on one timeline, on which a running maximum finds for each question the newest
    asof_visible_from at or before it; the row is then fetched by equality. It grows with n log n, however long an entity's
    history is, where a join on a range of times grows with its square.
#}
{% macro default__group_rows_ctes(group) -%}
{%- set event_time = adapter.quote(group.event_time) -%}
{%- set known_at = adapter.quote(group.known_at) -%}
{%- set entity = asof._list(group.entity) ~ (', ' if group.entity else '') -%}
{%- set partition = 'partition by ' ~ asof._list(group.entity) ~ ' ' if group.entity -%}
{%- set in_order = asof._is_in_order(group) -%}
{{ group.cte }}{{ '' if in_order else '_facts' }} as (
    select
        {%- for column in asof._needed_columns(group) %}
        {{ column }},
        {%- endfor %}
        {%- if group.valid_to %}
        {{ adapter.quote(group.valid_to) }} as asof_ends_at,
        {%- endif %}
        {%- if in_order %}
        {{ event_time }} as asof_visible_from
        {%- else %}
        greatest({{ event_time }}, {{ known_at }}) as asof_visible_from,
        {{ event_time }} as asof_event_time,
        {{ known_at }} as asof_known_at
        {%- endif %}
    from {{ group.relation }} as facts
    where {{ asof._is_whole(group) }}
)
{%- if not in_order %},

{{ group.cte }} as (
    select *
    from (
        select
            *,
            max(asof_event_time) over ({{ partition }}order by asof_visible_from) as asof_newest,
            row_number() over (
                partition by {{ entity }}asof_visible_from
                order by asof_event_time desc, asof_known_at desc
            ) as asof_rank
        from {{ group.cte }}_facts
    ) as asof_ordered
    where asof_event_time = asof_newest and asof_rank = 1
)
{%- endif -%}
{%- endmacro %}


{% macro default__group_ctes(group, spine) -%}
{%- set entity = asof._list(group.entity) ~ (', ' if group.entity else '') -%}
{%- set partition = 'partition by ' ~ asof._list(group.entity) ~ ' ' if group.entity -%}
{{ asof._group_rows_ctes(group) }},

{{ group.cte }}_moments as (
    select distinct
        {{ entity }}asof_at,
        max(asof_visible_from) over ({{ partition }}order by asof_at) as asof_visible_from
    from (
        select {{ asof._entity_as_in_group(group) }}{{ adapter.quote(spine.as_of) }} as asof_at, cast(null as timestamptz) as asof_visible_from
        from spine
        union all
        select {{ entity }}asof_visible_from as asof_at, asof_visible_from
        from {{ group.cte }}
    ) as asof_timeline
)
{%- endmacro %}


{# The spine's columns for the entity, by the names that they have in the group. #}
{% macro _entity_as_in_group(group) -%}
    {%- for column, of_spine in group.of_spine.items() -%}
        {{ adapter.quote(of_spine) }}{{ ' as ' ~ adapter.quote(column) if of_spine != column }}, {% endfor -%}
{%- endmacro %}


{% macro default__group_join(group, spine) -%}
{%- set moments = group.cte ~ '_moments' -%}
/* asof: at most one row */
left join {{ moments }}
    on {% for column in group.entity -%}
        spine.{{ adapter.quote(group.of_spine[column]) }} = {{ moments }}.{{ adapter.quote(column) }}
    and {% endfor -%}
    spine.{{ adapter.quote(spine.as_of) }} = {{ moments }}.asof_at
/* asof: at most one row */
left join {{ group.cte }}
    on {% for column in group.entity -%}
        {{ moments }}.{{ adapter.quote(column) }} = {{ group.cte }}.{{ adapter.quote(column) }}
    and {% endfor -%}
    {{ moments }}.asof_visible_from = {{ group.cte }}.asof_visible_from
{%- endmacro %}

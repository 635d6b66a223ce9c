{# The DuckDB form of a feature view: one ASOF join a group, each with a unique time on its right side. #}
{% macro duckdb__feature_view_sql(spine, groups, label) -%}
with {% if label is not none -%}
outcome as (
    {{- asof._known_labels(label) }}
),

{% endif -%}
spine as (
    {{- asof._due_spine_rows(spine, label) }}
)
{%- for group in groups %},

{{ asof._visible_rows(group) }}
{%- endfor %}

select
    spine.*
{%- for group in groups %}
    {%- for column in group.columns %},
    {{ asof._feature_column(group, column, spine) }}
    {%- endfor %}
{%- endfor %}
{%- if label is not none %}
    {%- for column in label.labels %},
    outcome.{{ adapter.quote(column) }}
    {%- endfor %},
    outcome.{{ adapter.quote(label.known_at) }} as label_known_at
{%- endif %}
from spine
{%- for group in groups %}
asof left join {{ group.cte }}
    on {% for column in group.entity -%}
        spine.{{ adapter.quote(column) }} = {{ group.cte }}.{{ adapter.quote(column) }}
    and {% endfor -%}
    spine.{{ adapter.quote(spine.as_of) }} >= {{ group.cte }}.asof_visible_from
{%- endfor %}
{%- if label is not none %}
{{ asof._label_join(label) }}
{%- endif %}
{%- endmacro %}


{# The spine rows whose as_of has come; in an incremental run, those whose row is missing or has a new label. #}
{% macro _due_spine_rows(spine, label) %}
    select spine.*
    from {{ spine.relation }} as spine
    {%- if is_incremental() and label is not none %}
    {{ asof._label_join(label) | indent(4) }}
    {%- endif %}
    where spine.{{ adapter.quote(spine.as_of) }} <= {{ asof.now() }}
    {%- if is_incremental() %}
        and not exists (
            select 1
            from {{ this }} as built
            where
                {% for column in spine.key + [spine.as_of] -%}
                built.{{ adapter.quote(column) }} = spine.{{ adapter.quote(column) }}
                {%- if not loop.last %}
                and {% endif %}
                {%- endfor %}
                {%- if label is not none %}
                and built.label_known_at is not distinct from outcome.{{ adapter.quote(label.known_at) }}
                {%- endif %}
        )
    {%- endif %}
{%- endmacro %}


{# The labels that are known by now; of an outcome that was corrected, the newest. #}
{% macro _known_labels(label) %}
    select *
    from {{ label.relation }}
    where {{ adapter.quote(label.known_at) }} <= {{ asof.now() }}
    qualify
        row_number() over (
            partition by {% for column in label.key %}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %}
            order by {{ adapter.quote(label.known_at) }} desc
            {%- for column in label.labels %}, {{ adapter.quote(column) }}{% endfor %}
        ) = 1
{%- endmacro %}


{% macro _label_join(label) -%}
left join outcome
    on {% for column in label.key -%}
        spine.{{ adapter.quote(column) }} = outcome.{{ adapter.quote(column) }}
    {{- '' if loop.last else '\n    and ' }}
    {%- endfor %}
{%- endmacro %}


{#
    The rows of a group that can ever be the answer, each with the moment from which it is.

    A row is visible from the later of its two times on. One that a newer fact has already overtaken by then
    never wins; without those rows, the newest asof_visible_from at or before as_of is the answer to the rule.
#}
{% macro _visible_rows(group) -%}
{%- set event_time = adapter.quote(group.event_time) -%}
{%- set known_at = adapter.quote(group.known_at) -%}
{%- set entity %}{% for column in group.entity %}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %}{% endset -%}
{%- set needed = (group.entity + ([group.event_time] if group.ttl else []) + group.columns) | map('string') | unique -%}
{{ group.cte }} as (
    select
        {%- for column in needed %}
        {{ adapter.quote(column) }},
        {%- endfor %}
        {% if group.event_time == group.known_at -%}
        {{ event_time }} as asof_visible_from
    from {{ group.relation }}
        {%- else -%}
        greatest({{ event_time }}, {{ known_at }}) as asof_visible_from
    from {{ group.relation }}
    where {{ event_time }} is not null and {{ known_at }} is not null
    qualify
        {{ event_time }} = max({{ event_time }}) over (
            partition by {{ entity }}
            order by asof_visible_from
        )
        and {{ known_at }} = max({{ known_at }}) over (
            partition by {{ entity }}, {{ event_time }}, asof_visible_from
        )
        {%- endif %}
)
{%- endmacro %}


{% macro _feature_column(group, column, spine) -%}
    {%- set value = group.cte ~ '.' ~ adapter.quote(column) -%}
    {%- set name = adapter.quote(group.prefix ~ column) -%}
    {%- if group.ttl is none -%}
        {{ value }}{% if group.prefix %} as {{ name }}{% endif %}
    {%- else -%}
        case
        when {{ group.cte }}.{{ adapter.quote(group.event_time) }} > spine.{{ adapter.quote(spine.as_of) }} - interval '{{ group.ttl }}'
            then {{ value }}
    end as {{ name }}
    {%- endif -%}
{%- endmacro %}

{# The rows that a feature view is about: the questions that are due, and the outcomes that are known. #}

{# The spine rows whose as_of has come; in an incremental run, those whose row is missing or has a new label. #}
{% macro _due_spine_rows(spine, label, lookback) %}
    select spine.*
    from {{ spine.relation }} as spine
    {%- if is_incremental() and label is not none %}
    {{ asof._label_join(label) | indent(4) }}
    {%- endif %}
    where
        spine.{{ adapter.quote(spine.as_of) }} <= {{ asof.now() }}
        {%- if is_incremental() %}
        and {% if lookback is not none %}(
            spine.{{ adapter.quote(spine.as_of) }} > (
                select max(newest.{{ adapter.quote(spine.as_of) }}) - interval '{{ lookback }}'
                from {{ this }} as newest
            )
            or {% endif %}not exists (
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
        {%- if lookback is not none %}
        )
        {%- endif %}
        {%- endif %}
{%- endmacro %}


{# The labels that are known by now; of an outcome that was corrected, the newest. #}
{% macro _known_labels(label) %}
    select *
    from (
        select
            {%- for column in (label.key + label.labels + [label.known_at]) | map('string') | unique %}
            {{ adapter.quote(column) }},
            {%- endfor %}
            row_number() over (
                partition by {{ asof._list(label.key) }}
                order by {{ adapter.quote(label.known_at) }} desc{% for column in label.labels %}, {{ adapter.quote(column) }}{% endfor %}
            ) as asof_newest
        from {{ label.relation }}
        where {{ adapter.quote(label.known_at) }} <= {{ asof.now() }}
    ) as known
    where asof_newest = 1
{%- endmacro %}


{% macro _label_join(label) -%}
left join outcome
    on {% for column in label.key -%}
        spine.{{ adapter.quote(column) }} = outcome.{{ adapter.quote(column) }}
    {{- '' if loop.last else '\n    and ' }}
    {%- endfor %}
{%- endmacro %}

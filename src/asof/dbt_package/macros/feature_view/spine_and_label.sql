{# The rows that a feature view is about: the questions that are due, and the outcomes that are known. #}

{# The spine rows whose as_of has come; in an incremental run, those that are not in the view yet. #}
{% macro _due_spine_rows(spine, lookback) %}
    select spine.*
    from {{ spine.relation }} as spine
    where
        {% if is_incremental() -%}
        /* incremental builds only */ {% if lookback is not none %}(
            spine.{{ adapter.quote(spine.as_of) }} > (
                select max(newest.{{ adapter.quote(spine.as_of) }}) - interval '{{ lookback }}'
                from {{ this }} as newest
            )
            or {% endif %}not exists (
            select 1
            from {{ this }} as built
            where
                {{ asof._same_question(spine, 'built', 'spine') | indent(8) }}
        )
        {%- if lookback is not none %}
        )
        {%- endif %}
        and /* all builds */ {% endif -%}
        spine.{{ adapter.quote(spine.as_of) }} <= {{ asof.now() }}
{%- endmacro %}


{# The labels that are known by now; of an outcome that was corrected, the newest. #}
{% macro _known_labels(label) %}
    select *
    from (
        select
            {%- for column in (label.question + label.labels + [label.known_at]) | map('string') | unique %}
            {{ adapter.quote(column) }},
            {%- endfor %}
            row_number() over (
                partition by {{ asof._list(label.question) }}
                order by {{ adapter.quote(label.known_at) }} desc{% for column in label.labels %}, {{ adapter.quote(column) }}{% endfor %}
            ) as asof_newest
        from {{ label.relation }}
        where {{ adapter.quote(label.known_at) }} <= {{ asof.now() }}
    ) as known
    where asof_newest = 1
{%- endmacro %}


{% macro _label_join(label) -%}
left join outcome
    on {{ asof._equal(label.question, 'spine', 'outcome') }}
{%- endmacro %}

{#
    What an incremental feature view does after its new rows are in, in the same transaction. asof.feature_view adds these as
    post-hooks, so that an incremental build ends where a full one ends:

    - a question that has left the spine, or was moved to another time, leaves the view;
    - an outcome that became known, was corrected or was taken back changes the row's labels, and nothing else of the row.

    A full build would also change spine columns that were overwritten in their source. A warning counts those rows.
#}
{% macro _forget_gone_questions() %}
    {%- if execute and is_incremental() -%}
        {%- set parts = asof._parts_of_view(model) %}
delete from {{ this }} as built
where not exists (
    select 1
    from {{ parts.spine.relation }} as spine
    where
        {{ asof._same_question(parts.spine, 'built', 'spine') }}
)
    {%- endif -%}
{% endmacro %}


{% macro _take_in_labels() %}
    {%- if execute and is_incremental() -%}
        {%- set parts = asof._parts_of_view(model) -%}
        {%- set spine, label = parts.spine, parts.label -%}
        {%- if label is not none -%}
            {%- set known_at = adapter.quote(label.known_at) %}
update {{ this }} as built
set
    {%- for column in label.labels %}
    {{ adapter.quote(column) }} = changed.{{ adapter.quote(column) }},
    {%- endfor %}
    label_known_at = changed.{{ known_at }}
from (
    select
        {%- for column in spine.key + [spine.as_of] %}
        before.{{ adapter.quote(column) }},
        {%- endfor %}
        {%- for column in (label.labels + [label.known_at]) | unique if column not in spine.key + [spine.as_of] %}
        outcome.{{ adapter.quote(column) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ this }} as before
    left join (
        {{- asof._known_labels(label) | indent(4) }}
    ) as outcome
        on
            {{ asof._equal(label.question, 'before', 'outcome') | indent(4) }}
    where
        before.label_known_at is distinct from outcome.{{ known_at }}
        {%- for column in label.labels %}
        or before.{{ adapter.quote(column) }} is distinct from outcome.{{ adapter.quote(column) }}
        {%- endfor %}
) as changed
where
    {{ asof._same_question(spine, 'built', 'changed') }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# Rows whose spine columns have other values in the spine now; they keep those of their first build. #}
{% macro _warn_of_overwritten_columns() %}
    {%- if execute and is_incremental() -%}
        {%- set spine = asof._parts_of_view(model).spine -%}
        {%- set kept = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
        {%- set compared = [] -%}
        {%- for column, type in spine.table_columns.items()
            if column in kept and column not in spine.key + [spine.as_of] and not type.startswith('json') -%}
            {%- do compared.append(column) -%}
        {%- endfor -%}
        {%- if compared -%}
            {%- set counts -%}
select
    {%- for column in compared %}
    count(case when built.{{ adapter.quote(column) }} is distinct from spine.{{ adapter.quote(column) }} then 1 end)
    {{- ',' if not loop.last }}
    {%- endfor %}
from {{ this }} as built
inner join {{ spine.relation }} as spine
    on
        {{ asof._same_question(spine, 'built', 'spine') }}
            {%- endset -%}
            {%- set found = run_query(counts).rows[0] -%}
            {%- for column, count in zip(compared, found) if count -%}
                {%- do exceptions.warn(
                    "asof.feature_view: " ~ count ~ " rows of " ~ model.name ~ " keep the " ~ column
                    ~ " that they were built with, and the spine " ~ spine.name ~ " has another one now; a full build would "
                    ~ "take the new one: " ~ asof._command('build --full-refresh --select +' ~ model.name)
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# The spine and the label of the view that is being built; the label is none for a view without one. #}
{% macro _parts_of_view(view) %}
    {%- set spine_node = asof._parents_with_role(view, 'spine') | first -%}
    {%- set label_node = asof._parents_with_role(view, 'label') | first -%}
    {%- set spine = asof._meta(ref(spine_node.package_name, spine_node.name, v=spine_node.version), 'spine', ['key', 'as_of']) -%}
    {%- set spine = dict(spine, key=asof._key_without_moment(spine)) -%}
    {%- set label = none -%}
    {%- if label_node -%}
        {%- set label = asof._meta(
            ref(label_node.package_name, label_node.name, v=label_node.version), 'label', ['key', 'labels', 'known_at']
        ) -%}
        {%- set label = dict(label, question=asof._question_columns(label, spine)) -%}
    {%- endif -%}
    {{ return({'spine': spine, 'label': label}) }}
{% endmacro %}


{# SQL condition: rows of two relations are the same question. #}
{% macro _same_question(spine, left, right) -%}
    {{ asof._equal(spine.key + [spine.as_of], left, right) }}
{%- endmacro %}


{% macro _equal(columns, left, right) -%}
    {%- for column in columns -%}
    {{ left }}.{{ adapter.quote(column) }} = {{ right }}.{{ adapter.quote(column) }}
        {{- '' if loop.last else '\n        and ' }}
    {%- endfor -%}
{%- endmacro %}

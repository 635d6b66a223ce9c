{#
    A feature view: every spine row whose as_of has come, once, with the features as they were known then.

    spine      the spine, as ref(...)
    features   a list of asof.features(...)
    label      the label model, as ref(...); its columns are NULL where the outcome is not known yet (optional)
    lookback   in an incremental build the rows of this length of time before the newest are joined again, for feature
               rows that reach the warehouse later than their known_at says (optional)

    The rule: a feature row is visible when event_time <= as_of and known_at <= as_of and, with a ttl,
    event_time > as_of - ttl. The newest event_time wins, then the newest known_at.

    In an incremental model only new spine rows are joined; `after_build.sql` takes in new labels and lets questions go that
    have left the spine.

    Columns: the spine's, the features', the labels, label_known_at.
#}
{% macro feature_view(spine, features, label=none, lookback=none) %}
    {%- if not execute -%}
        {%- do config(pre_hook="{{ asof._one_build_at_a_time() }}", post_hook=[
            "{{ asof._forget_gone_questions() }}", "{{ asof._take_in_labels() }}", "{{ asof._warn_of_overwritten_columns() }}",
        ]) -%}
        {{ return('select 1 as not_compiled_yet') }}
    {%- endif -%}
    {%- do asof._refuse_unit_test(spine) -%}
    {%- do asof._refuse_partial_build() -%}
    {%- do asof._require_utc_session() -%}
    {%- do asof._require_length_of_time(lookback, "the lookback of " ~ model.name) if lookback is not none -%}
    {%- set spine = asof._spine(spine) -%}
    {%- set groups = [] -%}
    {%- for entry in features -%}
        {%- set group = asof._group(entry, spine) -%}
        {%- set before = groups | selectattr('name', 'equalto', group.name) | list | length -%}
        {%- set is_plain = modules.re.match('^[a-z][a-z0-9_]{0,39}$', group.name) -%}
        {#- no plain name begins with an underscore -#}
        {%- set cte = (group.name if is_plain else '_group_' ~ loop.index) ~ '_rows' -%}
        {%- do groups.append(dict(group, cte=cte ~ ('_' ~ (before + 1) if before and is_plain else ''))) -%}
    {%- endfor -%}
    {%- set label = asof._label(label, spine) if label is not none else none -%}
    {%- do asof._refuse_collisions(spine, groups, label) -%}
    {%- do asof._require_unique_key(spine, label, lookback) -%}
    {%- do asof._refuse_going_back(spine, label) -%}
    {%- do asof._warn_of_late_group_rows() -%}
    {%- do asof._refuse_known_outcomes(spine, label) if label is not none -%}
    {{- return(asof._feature_view_sql(spine, groups, label, lookback)) -}}
{% endmacro %}


{# Its SQL: the outcome, the spine and each group as a CTE, then the columns, then the joins in the adapter's form. #}
{% macro _feature_view_sql(spine, groups, label, lookback) -%}
{{ asof._composition(spine, groups, label, lookback) }}
with {% if label is not none -%}
outcome as (
    {{- asof._known_labels(label) }}
),

{% endif -%}
spine as (
    {{- asof._due_spine_rows(spine, lookback) }}
)
{%- for group in groups %},

{{ asof._group_ctes(group, spine) }}
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
{{ asof._group_join(group, spine) }}
{%- endfor %}
{%- if label is not none %}
{{ asof._label_join(label) }}
{%- endif %}
{%- endmacro %}


{# A feature: the value of the row found, where that is not too old and has not ended. #}
{% macro _feature_column(group, column, spine) -%}
    {%- set value = group.cte ~ '.' ~ adapter.quote(column) -%}
    {%- set name = adapter.quote(group.prefix ~ column) -%}
    {%- set as_of = 'spine.' ~ adapter.quote(spine.as_of) -%}
    {%- set conditions = [] -%}
    {%- if group.ttl -%}
        {%- do conditions.append(
            group.cte ~ '.' ~ adapter.quote(group.event_time) ~ " > " ~ as_of ~ " - interval '" ~ group.ttl ~ "'"
        ) -%}
    {%- endif -%}
    {%- if group.valid_to -%}
        {%- do conditions.append("coalesce(" ~ group.cte ~ ".asof_ends_at > " ~ as_of ~ ", true)") -%}
    {%- endif -%}
    {%- if conditions -%}
        case
        when {{ conditions | join('\n            and ') }}
            then {{ value }}
    end as {{ name }}
    {%- else -%}
        {{ value }}{% if group.prefix %} as {{ name }}{% endif %}
    {%- endif -%}
{%- endmacro %}


{# Names of columns, quoted and with commas. #}
{% macro _list(columns) -%}
    {%- for column in columns %}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

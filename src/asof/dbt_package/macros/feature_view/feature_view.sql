{#
    A feature view: every spine row whose as_of has come, once, with the features as they were known then.

    spine      the spine, as ref(...)
    features   a list of asof.features(...)
    label      the label model, as ref(...); its columns are NULL where the outcome is not known yet (optional)

    The rule: a feature row is visible when event_time <= as_of and known_at <= as_of and, with a ttl,
    event_time > as_of - ttl. The newest event_time wins, then the newest known_at.

    In an incremental model only new spine rows and rows whose label became known are joined.

    Columns: the spine's, the features', the labels, label_known_at.
#}
{% macro feature_view(spine, features, label=none) %}
    {%- if not execute -%}
        {{ return('select 1 as not_compiled_yet') }}
    {%- endif -%}
    {%- do asof._refuse_unit_test(spine) -%}
    {%- do asof._refuse_partial_build() -%}
    {%- do asof._require_utc_session() -%}
    {%- set spine = asof._spine(spine) -%}
    {%- set groups = [] -%}
    {%- for entry in features -%}
        {%- set group = asof._group(entry, spine) -%}
        {%- set before = groups | selectattr('name', 'equalto', group.name) | list | length -%}
        {%- do groups.append(dict(group, cte=group.name ~ '_rows' ~ ('_' ~ (before + 1) if before else ''))) -%}
    {%- endfor -%}
    {%- set label = asof._label(label, spine) if label is not none else none -%}
    {%- do asof._refuse_collisions(spine, groups, label) -%}
    {%- do asof._refuse_going_back(spine, label) -%}
    {{- return(adapter.dispatch('feature_view_sql', 'asof')(spine, groups, label)) -}}
{% endmacro %}


{% macro default__feature_view_sql(spine, groups, label) %}
    {{ exceptions.raise_compiler_error(
        "asof.feature_view: no form for the adapter '" ~ target.type ~ "' yet; supported: duckdb"
    ) }}
{% endmacro %}

{#
    The tests that a spine, a label and a feature group must have: the join relies on what they promise. Each test and the
    refusal of a feature view share their query.

    part       the spine, label or group
    query      SQL for the rows that must not be
    by_itself  whether the test, where it runs, looks for these rows

    `dbt build` runs a test before it builds what comes after, so there the test itself is enough. Where it does not run, as
    in `dbt run` or with --exclude-resource-type test, the view runs the query itself: its rows never depend on a tie.
#}
{% macro _require_test(part, test_name, query, why, by_itself=true) %}
    {%- set found = namespace(weak=none, test=none) -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.attached_node == part.node.unique_id -%}
        {%- if test.test_metadata and (test.test_metadata.namespace, test.test_metadata.name) == ('asof', test_name) -%}
            {%- set weak = asof._weakness_of_test(test.config) -%}
            {%- if weak is none -%}
                {%- set found.test = test.unique_id -%}
            {%- endif -%}
            {%- set found.weak = weak -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if found.test is none -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: the test asof." ~ test_name ~ " of " ~ part.name ~ " " ~ (found.weak or "is missing")
            ~ ", and " ~ why ~ "; in its YAML write data_tests: [asof." ~ test_name ~ "]"
        ) }}
    {%- endif -%}
    {%- set runs = by_itself and flags.WHICH == 'build' and found.test in selected_resources -%}
    {%- if not runs and asof._is_building() -%}
        {%- set bad = run_query("select count(*) from (\n" ~ query ~ "\n) as bad_rows").columns[0].values()[0] -%}
        {%- if bad -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: asof." ~ test_name ~ " would fail on " ~ part.name ~ " (" ~ bad ~ " results), and " ~ why
                ~ "; see them with: " ~ asof._command('test --select ' ~ part.name)
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# In words how a test is set so that it does not find each bad row, or none where it does. #}
{% macro _weakness_of_test(config) %}
    {%- if config.severity | lower != 'error' -%}
        {{ return('only warns') }}
    {%- elif config.where or config.limit is not none -%}
        {{ return('looks at some of its rows only') }}
    {%- elif config.error_if | string | replace(' ', '') not in ('!=0', '>0', '<>0', '>=1') -%}
        {{ return("errors only if " ~ config.error_if) }}
    {%- elif config.fail_calc | lower | replace(' ', '') != 'count(*)' -%}
        {{ return("counts its failures as " ~ config.fail_calc) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}


{# Whether this run writes tables, and does not only compile or show. #}
{% macro _is_building() %}
    {{ return(flags.WHICH in ('run', 'build', 'retry')) }}
{% endmacro %}


{# Rows with a NULL in their entity or a time are never an answer, and may repeat. #}
{% macro _bad_feature_rows(group) -%}
    {{ asof._repeated_rows(
        group, group.entity + [group.event_time, group.known_at], 'rows_of_one_time', where=asof._is_whole(group)
    ) }}
{%- endmacro %}


{% macro _bad_spine_rows(spine) -%}
    {%- set columns = (spine.key + [spine.as_of]) | unique | list -%}
    {{ asof._repeated_rows(spine, columns, 'rows_of_one_question') }}
    {%- for column in columns %}
    or {{ adapter.quote(column) }} is null
    {%- endfor %}
    or not isfinite({{ adapter.quote(spine.as_of) }})
{%- endmacro %}


{% macro _bad_label_rows(label) -%}
    {%- set columns = (label.question + [label.known_at]) | unique | list -%}
    {%- set is_whole -%}
        {%- for column in columns -%}
            {{ adapter.quote(column) }} is not null{{ ' and ' if not loop.last }}
        {%- endfor -%}
    {%- endset -%}
    {{ asof._repeated_rows(label, columns, 'rows_of_one_outcome', where=is_whole) }}
{%- endmacro %}


{# The rows of a model that agree in some columns, with how many do; it ends in a condition that OR can go on. #}
{% macro _repeated_rows(part, columns, count_name, where=none) -%}
{%- set columns = columns | map('string') | unique | list -%}
select
    {%- for column in columns %}
    {{ adapter.quote(column) }},
    {%- endfor %}
    count(*) as {{ count_name }}
from {{ part.relation }}
{%- if where is not none %}
where {{ where }}
{%- endif %}
group by {{ asof._list(columns) }}
having
    count(*) > 1
{%- endmacro %}

{# What a feature view refuses of the models given to it, when it is compiled and before any row is read. #}
{% macro _require_columns(model, names) %}
    {%- for name in names if name not in model.table_columns -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ model.name ~ " has no column " ~ name ~ "; it has " ~ model.table_columns.keys() | join(', ')
        ) }}
    {%- endfor -%}
{% endmacro %}


{% macro _require_instant(model, name) %}
    {%- do asof._require_columns(model, [name]) -%}
    {%- set type = model.table_columns[name] -%}
    {%- if type not in ('timestamp with time zone', 'timestamptz') -%}
        {{ exceptions.raise_compiler_error(
            "asof: the time " ~ name ~ " of " ~ model.name ~ " is " ~ type ~ ", expected an instant; in the model write: "
            ~ name ~ " at time zone 'UTC' as " ~ name ~ " (with the zone in which it was recorded)"
        ) }}
    {%- endif -%}
{% endmacro %}


{% macro _require_length_of_time(value, what) %}
    {%- if not modules.re.match('^\d+ (second|minute|hour|day|week)s?$', value | string) -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ what ~ " is '" ~ value ~ "', expected for example '3 hours'"
        ) }}
    {%- endif -%}
{% endmacro %}


{# The spine has the entity's columns, each of the same kind: a number would else be compared with text, or not at all. #}
{% macro _require_entity_of_spine(group, spine) %}
    {%- for column in group.entity -%}
        {%- if column not in spine.table_columns -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: the entity column " ~ column ~ " of " ~ group.name ~ " is not in the spine "
                ~ spine.name ~ " (" ~ spine.table_columns.keys() | join(', ') ~ "); add it there"
            ) }}
        {%- endif -%}
        {%- set theirs, ours = group.table_columns[column], spine.table_columns[column] -%}
        {%- if asof._kind_of_type(theirs) != asof._kind_of_type(ours) -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: the entity column " ~ column ~ " is " ~ theirs ~ " in " ~ group.name ~ " and " ~ ours
                ~ " in the spine " ~ spine.name ~ "; in one of them write cast(" ~ column ~ " as ...) as " ~ column
            ) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{% macro _kind_of_type(type) %}
    {%- if modules.re.match('^(u?(tiny|small|big|huge)?int|integer|uinteger|numeric|decimal|double|real|float)', type) -%}
        {{ return('number') }}
    {%- elif modules.re.match('^(varchar|character|char|text|string)', type) -%}
        {{ return('text') }}
    {%- endif -%}
    {{ return(type) }}
{% endmacro %}


{# The join has names of its own, and all of them begin with asof_. #}
{% macro _refuse_reserved_names(model) %}
    {%- for column in model.table_columns if (column | lower).startswith('asof_') -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ model.name ~ " has a column " ~ column
            ~ "; names that begin with asof_ are kept for the join, rename it"
        ) }}
    {%- endfor -%}
{% endmacro %}


{# With hard_deletes: new_record a snapshot tells a deletion as a row, which would pass for a fact. #}
{% macro _refuse_deletions_as_rows(group) %}
    {%- if 'dbt_is_deleted' in group.table_columns -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ group.name ~ " has deletions as rows of their own (dbt_is_deleted); make the group a model "
            ~ "over it, with where dbt_is_deleted = 'False', without that column, and with valid_to: dbt_valid_to in its meta"
        ) }}
    {%- endif -%}
{% endmacro %}


{# The join relies on it that no two rows of a group tie; the test is what makes that so before any view is built. #}
{% macro _require_unique_rows(group) %}
    {%- set found = namespace(weak=none) -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.attached_node == group.node.unique_id -%}
        {%- if test.test_metadata and (test.test_metadata.namespace, test.test_metadata.name) == ('asof', 'unique_feature_rows') -%}
            {%- if test.config.severity | lower == 'error' and not test.config.where -%}
                {{ return(none) }}
            {%- endif -%}
            {%- set found.weak = 'only warns' if test.config.severity | lower != 'error' else 'looks at some of its rows only' -%}
        {%- endif -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(
        "asof.feature_view: the test asof.unique_feature_rows of " ~ group.name ~ " "
        ~ (found.weak or "is missing")
        ~ ", and the join would not know which of two rows of one time to take; in its YAML write data_tests: "
        ~ "[asof.unique_feature_rows]"
    ) }}
{% endmacro %}


{% macro _refuse_collisions(spine, groups, label) %}
    {#- Names are compared in lower case, as DuckDB does. -#}
    {%- set owners = {} -%}
    {%- for column in spine.table_columns -%}
        {%- do owners.update({column | lower: spine.name}) -%}
    {%- endfor -%}
    {%- for group in groups -%}
        {%- for column in group.columns -%}
            {%- set name = group.prefix ~ column -%}
            {%- if name | lower in owners -%}
                {{ exceptions.raise_compiler_error(
                    "asof.feature_view: the column " ~ name ~ " comes from " ~ owners[name | lower] ~ " and from " ~ group.name
                    ~ "; write asof.features(ref('" ~ group.name ~ "'), prefix='" ~ group.name ~ "_')"
                ) }}
            {%- endif -%}
            {%- do owners.update({name | lower: group.name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in (label.labels + ['label_known_at'] if label else []) if column | lower in owners -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: the label column " ~ column ~ " is also a column of " ~ owners[column | lower]
            ~ "; rename it there, or give that group a prefix"
        ) }}
    {%- endfor -%}
{% endmacro %}

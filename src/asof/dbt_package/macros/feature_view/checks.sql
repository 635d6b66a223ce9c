{# What a feature view refuses when it is compiled, before any row is read. #}
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


{% macro _refuse_collisions(spine, groups, label) %}
    {%- set owners = {} -%}
    {%- for column in spine.table_columns -%}
        {%- do owners.update({column: spine.name}) -%}
    {%- endfor -%}
    {%- for group in groups -%}
        {%- for column in group.columns -%}
            {%- set name = group.prefix ~ column -%}
            {%- if name in owners -%}
                {{ exceptions.raise_compiler_error(
                    "asof.feature_view: the column " ~ name ~ " comes from " ~ owners[name] ~ " and from " ~ group.name
                    ~ "; write asof.features(ref('" ~ group.name ~ "'), prefix='" ~ group.name ~ "_')"
                ) }}
            {%- endif -%}
            {%- do owners.update({name: group.name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in (label.labels + ['label_known_at'] if label else []) if column in owners -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: the label column " ~ column ~ " is also a column of " ~ owners[column]
            ~ "; rename it there, or give that group a prefix"
        ) }}
    {%- endfor -%}
{% endmacro %}


{% macro _refuse_unit_test(relation) %}
    {%- if not graph or '__dbt__cte__' in (relation | string) -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: a dbt unit test hides the models' YAML, so a feature view cannot be unit-tested; "
            ~ "write unit tests for its feature groups, and data tests for the view"
        ) }}
    {%- endif -%}
{% endmacro %}


{% macro _require_utc_session() %}
    {%- set zone = run_query("select current_setting('TimeZone')").columns[0].values()[0] -%}
    {%- if zone not in ('UTC', 'Etc/UTC') -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: the session's time zone is " ~ zone ~ ", expected UTC; "
            ~ "in profiles.yml, under the target, write settings: {TimeZone: UTC}"
        ) }}
    {%- endif -%}
{% endmacro %}

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


{# Joined with groups as an earlier run left them, new rows would get features that were out of date, and keep them. #}
{% macro _refuse_partial_build() %}
    {%- if flags.WHICH in ('run', 'build') and not var('asof_partial_builds', false) -%}
        {%- set waiting = [model.unique_id] -%}
        {%- set missing = [] -%}
        {%- for id in waiting -%}
            {%- for parent in graph.nodes[id].depends_on.nodes if parent in graph.nodes and parent not in waiting -%}
                {%- if graph.nodes[parent].resource_type in ('model', 'snapshot') -%}
                    {%- do waiting.append(parent) -%}
                    {%- if parent not in selected_resources -%}
                        {%- do missing.append(graph.nodes[parent].name) -%}
                    {%- endif -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if missing -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: " ~ model.name ~ " would be built without " ~ missing | sort | join(', ')
                ~ ", which may be older than the present; run: dbt build --select +" ~ model.name
                ~ " (where other runs keep them up to date, say so with the var asof_partial_builds: true)"
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# The clock only goes forward: rows that are built already know more than an earlier present does. #}
{% macro _refuse_going_back(spine, label) %}
    {%- if is_incremental() and flags.WHICH in ('run', 'build') -%}
        {%- set newest -%}
            {%- set as_of = 'max(' ~ adapter.quote(spine.as_of) ~ ')' -%}
            {{ 'greatest(' ~ as_of ~ ', max(label_known_at))' if label else as_of }}
        {%- endset -%}
        {%- set found = run_query(
            "select cast(" ~ newest ~ " as varchar), cast(" ~ asof.now() ~ " as varchar), "
            ~ newest ~ " > " ~ asof.now() ~ " from " ~ this
        ).rows[0] -%}
        {%- if found[2] -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: " ~ model.name ~ " has been built up to " ~ found[0] ~ ", after the present "
                ~ found[1] ~ "; set asof_now later, or build anew: dbt build --full-refresh --select +" ~ model.name
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

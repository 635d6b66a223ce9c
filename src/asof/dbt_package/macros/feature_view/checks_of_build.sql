{# What a feature view refuses of the build in which it is compiled: its session, its selection, its clock. #}
{% macro _refuse_unit_test(relation) %}
    {%- if not graph or '__dbt__cte__' in (relation | string) -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: a dbt unit test hides the models' YAML, so a feature view cannot be unit-tested; "
            ~ "write unit tests for its feature groups, and data tests for the view"
        ) }}
    {%- endif -%}
{% endmacro %}


{# Where the session has a zone, a day of an interval is a day there, and 23 or 25 hours long twice a year. #}
{% macro _require_utc_session() %}
    {%- set remedies = {
        'duckdb': "in profiles.yml, under the target, write settings: {TimeZone: UTC}",
        'postgres': "run alter database <its name> set timezone = 'UTC', or set the environment variable PGTZ=UTC",
    } -%}
    {%- if target.type in remedies -%}
        {%- set zone = run_query("select current_setting('TimeZone')").columns[0].values()[0] -%}
        {%- if zone not in ('UTC', 'Etc/UTC') -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: the session's time zone is " ~ zone ~ ", expected UTC; " ~ remedies[target.type]
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# Joined with groups as an earlier run left them, new rows would get features that were out of date, and keep them. #}
{% macro _refuse_partial_build() %}
    {%- if flags.WHICH in ('run', 'build') and not var('asof_partial_builds', false) -%}
        {%- set missing = [] -%}
        {%- for id in asof._with_ancestors([model.unique_id]) if id not in selected_resources and id != model.unique_id -%}
            {%- do missing.append(graph.nodes[id].name) -%}
        {%- endfor -%}
        {%- if missing -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: " ~ model.name ~ " would be built without " ~ missing | sort | join(', ')
                ~ ", which may be older than the present; run: " ~ asof._command('build --select +' ~ model.name)
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
                ~ found[1] ~ "; set ASOF_NOW later, or build it in full: " ~ asof._command('build --full-refresh --select +' ~ model.name)
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# Warns of group rows that arrived later than their known_at says, and of deleted ones; built rows of the view keep their values. #}
{% macro _warn_of_late_group_rows() %}
    {%- if is_incremental() and asof._is_building() -%}
        {%- set last = asof._last_build_of_model() -%}
        {%- for read in (last or {'reads': []}).reads -%}
            {%- do asof._warn_of_late_rows(
                last, read, "rows of " ~ model.name ~ " that are built already keep their values. To use the late rows for all: "
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{#
    Two builds of one view at once would both insert a new question. DuckDB lets one process write; PostgreSQL lets the second one
    wait here, until the transaction of the first is over.
#}
{% macro _one_build_at_a_time() -%}
    {%- if execute and target.type == 'postgres' -%}
        select pg_advisory_xact_lock(hashtext({{ asof._text(this | string) }}))
    {%- endif -%}
{%- endmacro %}


{#
    Rows that are joined again take the place of the old ones, which an incremental model can only do by a key. A key that is
    not the question, such as a customer's without the week, would delete the rows of other questions.
#}
{% macro _require_unique_key(spine, label, lookback) %}
    {%- set config, question = model.config, spine.key + [spine.as_of] -%}
    {%- set key = [config.unique_key] if config.unique_key is string else (config.unique_key or []) -%}
    {%- set wrong = namespace(words=none) -%}
    {%- if config.materialized == 'incremental' -%}
        {%- if key and key | map('lower') | sort != question | map('lower') | sort -%}
            {%- set wrong.words = "with the unique_key " ~ key | join(', ') ~ ", so that rows of other questions would be deleted" -%}
        {%- elif (label is not none or lookback is not none) and (not key or config.incremental_strategy == 'append') -%}
            {%- set wrong.words = ("with the strategy append" if key else "without a unique_key")
                ~ ", so that a row whose label becomes known would be there twice" -%}
        {%- endif -%}
    {%- endif -%}
    {%- if wrong.words -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ model.name ~ " is incremental " ~ wrong.words ~ "; write config(unique_key=['"
            ~ question | join("', '") ~ "']), with incremental_strategy='delete+insert'"
        ) }}
    {%- endif -%}
{% endmacro %}

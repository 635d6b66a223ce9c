{#
    The SQL that dbt ran for a model, without what differs from day to day and from target to target: `compiled_models` of the
    registry keeps it, and asof works out from it what each column of a feature view means.

    A relation of the project  ->  "<its unique id>"."<its name>", so that the SQL says what it reads on every target
    the present                ->  cast('asof.now' as timestamptz)
    what a macro of asof adds in incremental builds alone, and its notes  ->  left out

    select * from "dev"."main"."orders" where loaded_at <= cast('2024-05-01 17:00:00+00:00' as timestamptz)
        ->  select * from "model.shop.orders"."orders" where loaded_at <= cast('asof.now' as timestamptz)

    `src/asof/features/fingerprints/placeholders.py` does the same for SQL that was compiled and not run.
#}
{% macro _portable_sql(node) %}
    {%- set sql = node.compiled_code -%}
    {%- set sql = modules.re.sub('(?s) ?/\\* asof[.]new_since reads .*? \\*/', '', sql) -%}
    {%- set sql = modules.re.sub('(?s)/\\* incremental builds only \\*/.*?/\\* all builds \\*/ ?', '', sql) -%}
    {%- set instant = modules.re.findall("'(.*)'", asof.now())[0] -%}
    {%- set sql = sql.replace("'" ~ instant ~ "'", "'asof.now'") -%}
    {%- set names = {} -%}
    {%- for id in asof._named_in_sql(node.unique_id) -%}
        {%- set relation = asof._node_of_id(id).relation_name -%} {#- an ephemeral model has none -#}
        {%- do names.update({relation: id}) if relation and relation not in names -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for part in modules.re.split('(?s)(/\\* asof[.]feature_view .*? \\*/)', sql) -%}
        {%- do parts.append(asof._with_portable_names(part, names, loop.index0 % 2 == 1)) -%}
    {%- endfor -%}
    {{ return(asof._head_of_sql(node) ~ parts | join('') | trim) }}
{% endmacro %}


{# A model, what it reads, and what ephemeral models that it reads, whose SQL dbt puts into its own, read themselves. #}
{% macro _named_in_sql(id) %}
    {%- set found = [id] -%}
    {%- for reader in found -%}
        {%- set node = asof._node_of_id(reader) -%}
        {%- if reader == id or (node.config or {}).get('materialized') == 'ephemeral' -%}
            {%- for parent in (node.depends_on or {'nodes': []}).nodes or [] if parent not in found and asof._node_of_id(parent) -%}
                {%- do found.append(parent) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{# SQL, or the composition of a view as JSON, with each relation under its portable name. #}
{% macro _with_portable_names(text, names, is_json) %}
    {%- set texts = [text] -%}
    {%- for name, id in names.items() | sort(reverse=true) -%} {#- a name before its beginnings -#}
        {%- set read = asof._node_of_id(id) -%}
        {%- set table = read.identifier or read.alias -%}
        {%- set portable = adapter.quote(id) ~ '.' ~ adapter.quote(table) -%}
        {%- if is_json -%}
            {%- do texts.append(texts.pop().replace(asof._json(name), asof._json(portable))) -%}
        {%- elif table in texts[0] -%}
            {%- set pattern = asof._pattern_of_relation(read.database, read.schema, table) -%}
            {%- do texts.append(modules.re.sub(pattern, portable, texts.pop())) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(texts[0]) }}
{% endmacro %}


{# A regular expression for a relation in SQL, with or without quotes around each part. #}
{% macro _pattern_of_relation(database, schema, table) -%}
    {%- set parts = [] -%}
    {%- for part in (database, schema, table) if part -%}
        {%- set name = modules.re.escape(part) -%}
        {%- do parts.append('(?:["`]' ~ name ~ '["`]|' ~ name ~ ')') -%}
    {%- endfor -%}
    {{- return('(?<![\\w"`.])' ~ parts | join('[.]') ~ '(?![\\w"`])') -}}
{%- endmacro %}


{# What dbt does with a model beside its SQL, as comments at the head of it: its hooks, and how a snapshot is taken. #}
{% macro _head_of_sql(node) -%}
    {%- set hooks, written = [], graph.nodes[node.unique_id].config -%}
    {%- for hook in (written.get('pre-hook') or []) + (written.get('post-hook') or []) if 'asof._' not in hook.sql -%}
        {%- do hooks.append(hook.sql) -%}
    {%- endfor -%}
    {%- do hooks.append(written.sql_header) if written.get('sql_header') -%}
    {%- if hooks -%}/* asof.hooks {{ asof._json(hooks) }} */{{ '\n' }}{%- endif -%}
    {{- asof._snapshot_config(node) -}}
{%- endmacro %}


{# How a snapshot tells a changed row from one that it has, as a comment at the head of its SQL; nothing for a model. #}
{% macro _snapshot_config(node) -%}
    {%- set config, written = {}, graph.nodes[node.unique_id].config -%}
    {%- for key in ('strategy', 'unique_key', 'updated_at', 'check_cols', 'hard_deletes', 'dbt_valid_to_current')
        if node.resource_type == 'snapshot' and written.get(key) is not none -%}
        {%- do config.update({key: written[key]}) -%}
    {%- endfor -%}
    {%- for key, name in (written.get('snapshot_meta_column_names') or {}).items() if name is not none -%}
        {%- do config.update({key: name}) -%}
    {%- endfor -%}
    {%- if config -%}/* asof.snapshot {{ asof._json(config) }} */{{ '\n' }}{%- endif -%}
{%- endmacro %}


{#
    Which form of its SQL a model was built with.

    full           as a full build has it
    incremental    as dbt has it where is_incremental(); only for models whose own text asks for that
    text           no SQL that says what the model means: a Python model, or one that is built batch by batch
    seed           a file; its checksum stands for its content
#}
{% macro _form_of_sql(node) %}
    {%- if node.resource_type == 'seed' -%}
        {{ return('seed') }}
    {%- elif node.language != 'sql' or node.config.get('incremental_strategy') == 'microbatch' or not node.compiled_code -%}
        {{ return('text') }}
    {%- elif node.unique_id in (graph.get('asof_incremental') or []) -%}
        {{ return('incremental') }}
    {%- endif -%}
    {{ return('full') }}
{% endmacro %}


{#
    The package's on-run-start: notes in `graph`, which all of dbt's Jinja shares, which models dbt is going to build with
    is_incremental(). At the end of the run nothing else says it.
#}
{% macro _note_incremental_models() %}
    {%- set noted = [] -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'retry') and target.type in ('duckdb', 'postgres') -%}
        {%- for id in asof._models_of_views() if id in selected_resources -%}
            {%- set node = graph.nodes[id] -%}
            {%- if node.resource_type == 'model' and node.config.materialized == 'incremental' and not asof._is_full(node)
                and asof._asks_whether_incremental(node) -%}
                {%- set there = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
                {%- do noted.append(id) if there is not none and there.is_table -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do graph.update({'asof_incremental': noted}) -%}
    {%- endif -%}
{% endmacro %}


{# Whether the text of a model, or a macro of the project that it calls, has another form in an incremental build. #}
{% macro _asks_whether_incremental(node) %}
    {%- set pattern = '\\bis_incremental\\s*\\(|\\{[{%](?:(?![%}]\\}).)*\\bthis\\b' -%}
    {{ return(modules.re.search(pattern, asof._texts_of(node) | join('\n')) is not none) }}
{% endmacro %}

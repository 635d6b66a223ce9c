{#
    Every build of a model, snapshot or seed that a feature view is made of: a row in `model_builds`, with the SQL that was run,
    which `compiled_models` keeps once.

    is_full       whether no row of an earlier build is left; `--vars '{asof_accept_sql: [<model>]}'` says so of a model in one
                  run, for a snapshot, which dbt cannot build again, or where older rows are as the new SQL would make them
    sources       of a model that keeps rows: a hash of the source of it and of each model above it, as JSON
    source_hash   of its own source: the text, the project's macros that it calls, and the values of the vars and environment
                  variables that these name. It is the same on the next day, for another target, and in an incremental run
                  after a full one. White space does not change it.
    sql_sha256    of the SQL that was run: a row of `compiled_models`; NULL where the run took a part of the rows
    seconds       how long dbt took
#}
{% macro _record_model_builds(results) %}
    {%- set accepted = var('asof_accept_sql', none) or [] -%}
    {%- set built = [] -%}
    {%- set of_views = asof._models_of_views(('model', 'snapshot', 'seed')) -%}
    {%- for result in results if result.status == 'success' and result.node.unique_id in of_views -%}
        {%- do built.append(result) -%}
    {%- endfor -%}
    {%- if built -%}
        {%- set hashes = {} -%} {#- each once: it reads the text of every macro that the model calls -#}
        {%- for id in of_views -%}
            {%- do hashes.update({id: asof._source_hash(graph.nodes[id])}) -%}
        {%- endfor -%}
        {%- set compiled = asof._compiled(built, hashes) -%}
        {{ asof._insert_compiled_models(compiled) }}
        {{ asof._create_model_builds() }}
        insert into {{ asof._registry() }}.model_builds (
            model, target, built_at, invocation_id, is_full, sources, source_hash, sql_sha256, relation, materialized, seconds
        )
        values
        {%- for result in built %}
        {%- set node = result.node %}
        (
            {{ asof._text(node.unique_id) }},
            {{ asof._text(target.name) }},
            cast('{{ run_started_at.isoformat(' ') }}' as timestamptz),
            '{{ invocation_id }}',
            {{ (asof._is_full(node) or node.name in accepted) | lower }},
            {{ asof._text(tojson(asof._sources_of(node, hashes), sort_keys=true)) if asof._keeps_rows(node) else 'null' }},
            {{ asof._text(compiled[loop.index0].source_hash) }},
            {{ 'null' if compiled[loop.index0].sql_sha256 is none else asof._text(compiled[loop.index0].sql_sha256) }},
            {{ asof._text(node.relation_name) }},
            {{ asof._text(node.config.materialized or node.resource_type) }},
            {{ result.execution_time }}
        ){{ ',' if not loop.last }}
        {%- endfor %};
    {%- endif -%}
{% endmacro %}


{% macro _create_model_builds() %}
        create table if not exists {{ asof._registry() }}.model_builds (
            model varchar not null,
            target varchar not null,
            built_at timestamptz not null,
            invocation_id varchar not null,
            is_full boolean not null,
            sources varchar,
            source_hash varchar,
            sql_sha256 varchar,
            relation varchar,
            materialized varchar,
            seconds double precision,
            primary key (model, target, invocation_id)
        );
    {%- set columns = asof._columns_of_registry('model_builds') -%}
    {%- if columns and 'sql_sha256' not in columns %}
        alter table {{ asof._registry() }}.model_builds alter column sources drop not null;
    {%- endif %}
    {%- for column, type in [
        ('source_hash', 'varchar'), ('sql_sha256', 'varchar'), ('relation', 'varchar'), ('materialized', 'varchar'),
        ('seconds', 'double precision'),
    ] if columns and column not in columns %}
        alter table {{ asof._registry() }}.model_builds add column {{ column }} {{ type }};
    {%- endfor %}
{% endmacro %}


{# Whether dbt builds a model again from nothing in this run, as the flag --full-refresh or its own config says. #}
{% macro _is_full(node) %}
    {%- set own = node.config.get('full_refresh') -%}
    {{ return((flags.FULL_REFRESH if own is none else own) and node.resource_type == 'model') }}
{% endmacro %}


{# The hashes of the source of a model and of each model above it. #}
{% macro _sources_of(node, hashes) %}
    {%- set sources = {} -%}
    {%- for id in asof._with_ancestors([node.unique_id]) -%}
        {%- do sources.update({id: hashes[id]}) -%}
    {%- endfor -%}
    {{ return(sources) }}
{% endmacro %}


{# Whether rows of an earlier run are still there after a run. #}
{% macro _keeps_rows(node) %}
    {{ return(node.resource_type == 'snapshot' or node.config.materialized == 'incremental') }}
{% endmacro %}


{# The feature views of the project and all models and snapshots above them, or other kinds, by their unique ids. #}
{% macro _models_of_views(kinds=('model', 'snapshot')) %}
    {%- set views = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- if ((node.config.meta or {}).get('asof') or {}).get('role') == 'feature_view' -%}
            {%- do views.append(node.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(asof._with_ancestors(views, kinds)) }}
{% endmacro %}


{# Nodes of the graph and those above them that are of these kinds, by their unique ids, the nearest first. #}
{% macro _with_ancestors(ids, kinds=('model', 'snapshot')) %}
    {%- set found = ids | list -%}
    {%- for id in found -%}
        {%- for parent in (asof._node_of_id(id).depends_on or {'nodes': []}).nodes or [] if parent not in found -%}
            {%- do found.append(parent) if (asof._node_of_id(parent) or {}).resource_type in kinds -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{# A node or source of the graph; none for what is neither, such as a metric. #}
{% macro _node_of_id(id) %}
    {{ return(graph.nodes.get(id) or graph.sources.get(id)) }}
{% endmacro %}


{# A hash of the source of a model. #}
{% macro _source_hash(node) %}
    {%- set source = asof._source_of(node) -%}
    {{ return(local_md5(source.text.split() | join(' ') ~ source.read)) }}
{% endmacro %}


{#
    The source of a model: `text`, its own and that of the project's macros that it calls, and the values of vars, environment
    and config that these `read`, as JSON.
#}
{% macro _source_of(node) %}
    {%- set text = asof._texts_of(node) | join('\n') -%}
    {%- set values = {} -%}
    {%- for name in modules.re.findall("\\bvar\\(\\s*['\"](\\w+)['\"]", text) if name != 'asof_now' -%}
        {%- do values.update({name: var(name, none) | string}) -%}
    {%- endfor -%}
    {%- for name in modules.re.findall("env_var\\(\\s*['\"](\\w+)['\"]", text) if name != 'ASOF_NOW' and 'SECRET' not in name -%}
        {%- do values.update({'env ' ~ name: env_var(name, '')}) -%}
    {%- endfor -%}
    {%- for key in ('strategy', 'unique_key', 'check_cols', 'updated_at', 'hard_deletes') if node.resource_type == 'snapshot' -%}
        {%- do values.update({'config ' ~ key: node.config.get(key) | string}) -%}
    {%- endfor -%}
    {{ return({'text': text, 'read': tojson(values, sort_keys=true)}) }}
{% endmacro %}


{# The text of a model, and of the macros that it calls, but for those of asof and of dbt. #}
{% macro _texts_of(node) %}
    {%- set texts = [node.raw_code or ''] -%}
    {%- set called = (node.depends_on.macros or []) | list -%}
    {%- for id in called -%}
        {%- set package, name = id.split('.')[1], id.split('.')[2:] | join('.') -%}
        {%- if package not in ('asof', 'dbt', 'dbt_' ~ target.type) -%}
            {%- set macro = (context[package] if package in context else context).get(name) -%}
            {%- if macro -%}
                {%- do texts.append(macro.macro.macro_sql) -%}
                {%- for other in macro.macro.depends_on.macros if other not in called -%}
                    {%- do called.append(other) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(texts) }}
{% endmacro %}

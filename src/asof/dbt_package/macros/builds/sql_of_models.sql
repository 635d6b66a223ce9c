{#
    Under which SQL the rows of incremental models and snapshots were built, for `asof train` and `asof predict`: a row in
    `model_builds` for each that this run has built and that a feature view is made of. Rows that were built before a change
    of SQL stay as they were, so that a table holds both until it is built in full.

    The hash covers the source of a model and of all models above it: the text, the project's macros that it calls, and the
    values of the vars and environment variables that these name. It is the same on the next day, for another target, and in
    an incremental run after a full one. White space does not change it.

    `--vars '{asof_accept_sql: [<model>]}'` accepts a change in one run: the model then counts as built in full. It is for a
    change without meaning, and for snapshots, which dbt cannot build again.
#}
{% macro _record_model_builds(results) %}
    {%- set accepted = var('asof_accept_sql', none) or [] -%}
    {%- set rows = [] -%}
    {%- set of_views = asof._models_of_views() -%}
    {%- for result in results
        if result.status == 'success' and result.node.unique_id in of_views and asof._keeps_rows(result.node) -%}
        {%- set node = result.node -%}
        {%- set sources = {} -%}
        {%- for id in asof._with_ancestors([node.unique_id]) -%}
            {%- do sources.update({id: asof._source_hash(graph.nodes[id])}) -%}
        {%- endfor -%}
        {%- set own = node.config.get('full_refresh') -%}
        {%- set is_full = (flags.FULL_REFRESH if own is none else own) and node.resource_type == 'model' -%}
        {%- do rows.append({
            'model': node.unique_id, 'is_full': is_full or node.name in accepted, 'sources': tojson(sources, sort_keys=true),
        }) -%}
    {%- endfor -%}
    {%- if rows -%}
        {%- set registry = asof._registry() %}
        create table if not exists {{ registry }}.model_builds (
            model varchar not null,
            target varchar not null,
            built_at timestamptz not null,
            invocation_id varchar not null,
            is_full boolean not null,
            sources varchar not null,
            primary key (model, target, invocation_id)
        );

        insert into {{ registry }}.model_builds (model, target, built_at, invocation_id, is_full, sources)
        values
        {%- for row in rows %}
        (
            {{ asof._text(row.model) }},
            {{ asof._text(target.name) }},
            cast('{{ run_started_at.isoformat(' ') }}' as timestamptz),
            '{{ invocation_id }}',
            {{ row.is_full | lower }},
            {{ asof._text(row.sources) }}
        ){{ ',' if not loop.last }}
        {%- endfor %};
    {%- endif -%}
{% endmacro %}


{# Whether rows of an earlier run are still there after a run. #}
{% macro _keeps_rows(node) %}
    {{ return(node.resource_type == 'snapshot' or node.config.materialized == 'incremental') }}
{% endmacro %}


{# The feature views of the project and all models and snapshots above them, by their unique ids. #}
{% macro _models_of_views() %}
    {%- set views = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- if ((node.config.meta or {}).get('asof') or {}).get('role') == 'feature_view' -%}
            {%- do views.append(node.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(asof._with_ancestors(views)) }}
{% endmacro %}


{% macro _with_ancestors(ids) %}
    {%- set found = ids | list -%}
    {%- for id in found -%}
        {%- for parent in graph.nodes[id].depends_on.nodes if parent in graph.nodes and parent not in found -%}
            {%- if graph.nodes[parent].resource_type in ('model', 'snapshot') -%}
                {%- do found.append(parent) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{% macro _source_hash(node) %}
    {%- set texts = [node.raw_code] -%}
    {%- set called = node.depends_on.macros | list -%}
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
    {%- set text = texts | join('\n') -%}
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
    {{ return(local_md5(text.split() | join(' ') ~ tojson(values, sort_keys=true))) }}
{% endmacro %}

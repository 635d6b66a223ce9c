{#
    The package's on-run-end: a row in the registry for each feature view that this run has built, with its table, its target
    and the present up to which it was. `asof train` and `asof predict` read the table of their own target by it, and refuse a
    view whose build was forgotten or failed.

    Beside it: what each model was built from (`sql_of_models.sql`), what it read (`reads.sql`), and the results of tests
    (`test_results.sql`). Nothing happens on engines that asof does not know.
#}
{% macro _record_builds(results) %}
    {%- set built = [] -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'retry') and target.type == 'duckdb' -%}
        {%- for result in results if result.node.resource_type == 'model' and result.status == 'success' -%}
            {%- if (result.node.config.meta.get('asof') or {}).get('role') == 'feature_view' -%}
                {%- do built.append(result.node) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set models = asof._record_model_builds(results)
        if execute and target.type in ('duckdb', 'postgres') and flags.WHICH in ('run', 'build', 'retry', 'snapshot', 'seed')
        else '' -%}
    {%- set reads = asof._record_reads(results)
        if execute and target.type in ('duckdb', 'postgres') and flags.WHICH in ('run', 'build', 'retry') else '' -%}
    {%- set tests = asof._record_test_results(results)
        if execute and target.type in ('duckdb', 'postgres') and flags.WHICH in ('build', 'test', 'retry', 'freshness') else '' -%}
    {%- if built or models | trim or reads | trim or tests | trim -%}
        create schema if not exists {{ asof._registry() if target.type == 'duckdb' else adapter.quote(asof._registry_name()) }};
        {{ models }}
        {{ reads }}
        {{ tests }}
    {%- endif -%}
    {%- if built %}
        {{ asof._create_view_builds() }}
        insert into {{ asof._registry() }}.view_builds
            (relation, model, built_up_to, built_at, invocation_id, target, table_schema, table_name, composition)
        values
        {%- for node in built %}
        (
            {{ asof._text(node.relation_name) }},
            {{ asof._text(node.unique_id) }},
            {{ asof.now() }},
            cast('{{ run_started_at.isoformat(' ') }}' as timestamptz),
            '{{ invocation_id }}',
            {{ asof._text(target.name) }},
            {{ asof._text(node.schema) }},
            {{ asof._text(node.alias) }},
            {{ asof._composition_in(node.compiled_code) }}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    {%- endif -%}
{% endmacro %}

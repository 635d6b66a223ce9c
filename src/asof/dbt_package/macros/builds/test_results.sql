{#
    The result of each test of this run: data tests, unit tests and the freshness of sources, in `test_results`. `asof predict` looks
    at the latest results in the lineage of the columns that a version uses, and stops that version where one failed.

    kind         data, unit or freshness
    models       what it is a test of, by dbt's unique ids as JSON: the model that it stands at, else all that it reads
    columns      of that model, as JSON; none for a test of the whole relation
    status       pass, warn, fail or error
    stops        whether it stops the versions that use these columns: a failure does; one that warns in dbt does where it says
                 meta: {asof: {stops: models}}
    failures     how many rows failed; NULL where the test does not count any
#}
{% macro _record_test_results(results) %}
    {%- set tests = [] -%}
    {%- for result in results -%}
        {%- set kind = {'test': 'data', 'unit_test': 'unit', 'source': 'freshness'}.get(result.node.resource_type | string) -%}
        {%- do tests.append(asof._test_result(result, kind)) if kind and result.status not in ('skipped', 'no-op') -%}
    {%- endfor -%}
    {%- if tests -%}
        {%- set registry = asof._registry() %}
        create table if not exists {{ registry }}.test_results (
            invocation_id varchar not null,
            test varchar not null,
            name varchar not null,
            kind varchar not null,
            target varchar not null,
            models varchar not null,
            columns varchar not null,
            status varchar not null,
            severity varchar not null,
            stops boolean not null,
            failures bigint,
            message varchar,
            ran_at timestamptz not null,
            primary key (invocation_id, test)
        );

        insert into {{ registry }}.test_results
            (invocation_id, test, name, kind, target, models, columns, status, severity, stops, failures, message, ran_at)
        values
        {%- for test in tests %}
        (
            '{{ invocation_id }}',
            {{ asof._text(test.test) }},
            {{ asof._text(test.name) }},
            {{ asof._text(test.kind) }},
            {{ asof._text(target.name) }},
            {{ asof._text(tojson(test.models)) }},
            {{ asof._text(tojson(test.columns)) }},
            {{ asof._text(test.status) }},
            {{ asof._text(test.severity) }},
            {{ test.stops | lower }},
            {{ 'null' if test.failures is none else test.failures }},
            {{ asof._text(test.message) if test.message else 'null' }},
            cast('{{ run_started_at.isoformat(' ') }}' as timestamptz)
        ){{ ',' if not loop.last }}
        {%- endfor %};
    {%- endif -%}
{% endmacro %}


{# The columns of `test_results` for one result. #}
{% macro _test_result(result, kind) %}
    {%- set node = result.node -%}
    {%- if kind == 'freshness' -%}
        {%- set models = [node.unique_id] -%}
    {%- elif kind == 'unit' -%}
        {%- set models = [node.tested_node_unique_id or ('model.' ~ node.unique_id.split('.')[1:3] | join('.'))] -%}
    {%- else -%}
        {%- set models = [node.attached_node] if node.attached_node else node.depends_on.nodes | list -%}
    {%- endif -%}
    {%- set status = 'error' if result.status == 'runtime error' else result.status | string -%}
    {%- set meta = ((node.config.meta or {}) if node.config else {}).get('asof') or {} -%}
    {%- set failed = status in ('fail', 'error') -%}
    {{ return({
        'test': node.unique_id, 'name': node.name, 'kind': kind, 'models': models,
        'columns': [node.column_name] if kind == 'data' and node.column_name else [],
        'status': status, 'severity': (node.config.severity or 'error') | lower if kind == 'data' else 'error',
        'stops': failed or (status == 'warn' and meta.get('stops') == 'models'),
        'failures': result.failures if kind == 'data' and status in ('pass', 'warn', 'fail') else none,
        'message': (result.message or '')[:500] | string,
    }) }}
{% endmacro %}

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

    `project_tests` has the tests that the project had, where that changed: a test that was taken away or rewritten says nothing.
#}
{% macro _record_test_results(results) %}
    {%- set tests = [] -%}
    {%- for result in results -%}
        {%- set kind = {'test': 'data', 'unit_test': 'unit', 'source': 'freshness'}.get(result.node.resource_type | string) -%}
        {%- do tests.append(asof._test_result(result, kind)) if kind and result.status not in ('skipped', 'no-op') -%}
    {%- endfor -%}
    {%- if tests -%}
        {%- set registry = asof._registry() %}
        {{ asof._record_tests_of_project() }}
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
        'columns': [node.column_name.strip('"`')] if kind == 'data' and node.column_name else [],
        'status': status, 'severity': (node.config.severity or 'error') | lower if kind == 'data' else 'error',
        'stops': failed or (status == 'warn' and meta.get('stops') == 'models'),
        'failures': result.failures if kind == 'data' and status in ('pass', 'warn', 'fail') else none,
        'message': (result.message or '')[:500] | string,
    }) }}
{% endmacro %}


{# Which tests the project has now, by their unique ids; a row where that is not what the last one says. #}
{% macro _record_tests_of_project() %}
    {%- set registry, ids = asof._registry(), [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' -%}
        {%- do ids.append(node.unique_id) -%}
    {%- endfor -%}
    {%- for id in (graph.get('unit_tests') or {}).keys() -%}
        {%- do ids.append(id) -%}
    {%- endfor -%}
    {%- for source in graph.sources.values() -%}
        {%- set limits = source.freshness or {} -%}
        {%- if (limits.warn_after or {}).get('count') or (limits.error_after or {}).get('count') -%}
            {%- do ids.append(source.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set listed, last = tojson(ids | sort), none -%}
    {%- if asof._columns_of_registry('project_tests') -%}
        {%- set found = run_query(
            "select tests from " ~ registry ~ ".project_tests where target = " ~ asof._text(target.name)
            ~ " order by recorded_at desc limit 1"
        ).columns[0].values() -%}
        {%- set last = found[0] if found else none -%}
    {%- else %}
        create table if not exists {{ registry }}.project_tests (
            target varchar not null,
            tests varchar not null,
            recorded_at timestamptz not null,
            invocation_id varchar not null,
            primary key (target, invocation_id)
        );
    {%- endif -%}
    {%- if listed != last %}
        insert into {{ registry }}.project_tests (target, tests, recorded_at, invocation_id)
        values (
            {{ asof._text(target.name) }},
            {{ asof._text(listed) }},
            cast('{{ run_started_at.isoformat(' ') }}' as timestamptz),
            '{{ invocation_id }}'
        );
    {%- endif -%}
{% endmacro %}

{#
    The SQL of each model, snapshot and seed that a feature view is made of, kept once: a row in `compiled_models` for each
    that differs. `model_builds` says which build ran which. What a feature meant on any day follows from the two.

    sql_sha256     of `sql`; of a seed, dbt's checksum of its file
    form           full, incremental, text or seed: see `_form_of_sql`
    source_hash    of the source that it was compiled from: joins the full and the incremental form of one source
    sql            see `compiled_sql.sql`; in the form text the source and the macros that it calls, NULL for a seed
#}
{% macro _insert_compiled_models(compiled) %}
    {%- set registry = asof._registry() -%}
    {%- set known = [] -%}
    {%- if asof._columns_of_registry('compiled_models') -%}
        {%- set known = run_query("select model || ' ' || sql_sha256 from " ~ registry ~ ".compiled_models").columns[0].values() -%}
    {%- else %}
        create table if not exists {{ registry }}.compiled_models (
            model varchar not null,
            sql_sha256 varchar not null,
            form varchar not null,
            source_hash varchar not null,
            sql varchar,
            recorded_at timestamptz not null,
            invocation_id varchar not null,
            primary key (model, sql_sha256)
        );
    {%- endif -%}
    {%- for row in compiled if row.sql_sha256 is not none and row.model ~ ' ' ~ row.sql_sha256 not in known %}
        insert into {{ registry }}.compiled_models
            (model, sql_sha256, form, source_hash, sql, recorded_at, invocation_id)
        select
            {{ asof._text(row.model) }},
            {{ asof._text(row.sql_sha256) }},
            {{ asof._text(row.form) }},
            {{ asof._text(row.source_hash) }},
            {{ 'null' if row.sql is none else asof._text(row.sql) }},
            cast('{{ run_started_at.isoformat(' ') }}' as timestamptz),
            '{{ invocation_id }}'
        where not exists (
            select 1
            from {{ registry }}.compiled_models
            where model = {{ asof._text(row.model) }} and sql_sha256 = {{ asof._text(row.sql_sha256) }}
        );
    {%- endfor -%}
{% endmacro %}


{# For each result, in their order, the columns of `compiled_models`; `hashes` has those of the sources; the hash is none where the run took a part of the rows. #}
{% macro _compiled(results, hashes) %}
    {%- set rows, texts = [], [] -%}
    {%- for result in results -%}
        {%- set node, form = result.node, asof._form_of_sql(result.node) -%}
        {%- set source_hash = node.checksum.checksum if form == 'seed' else hashes[node.unique_id] -%}
        {%- set sql = none -%}
        {%- if form == 'text' -%}
            {%- set written = graph.nodes[node.unique_id] -%}
            {%- set sql = asof._parents_note(written) ~ (asof._texts_of(written) | join('\n')).strip() -%}
        {%- elif form != 'seed' -%}
            {%- set sql = asof._portable_sql(node) -%}
        {%- endif -%}
        {%- do texts.append(sql) if sql is not none -%}
        {%- do rows.append({'model': node.unique_id, 'form': form, 'source_hash': source_hash, 'sql': sql}) -%}
    {%- endfor -%}
    {%- set hashes = asof._sha256(texts) -%}
    {%- set is_part = flags.EMPTY or flags.SAMPLE -%}
    {%- set compiled = [] -%}
    {%- for row in rows -%}
        {%- set hash = none if is_part else (row.source_hash if row.sql is none else hashes[row.sql]) -%}
        {%- do compiled.append(dict(row, sql_sha256=hash)) -%}
    {%- endfor -%}
    {{ return(compiled) }}
{% endmacro %}


{# What a model reads, as a comment at the head of a text that does not say so itself. #}
{% macro _parents_note(node) -%}
    /* asof.parents {{ asof._json(node.depends_on.nodes) }} */{{ '\n' }}
{%- endmacro %}


{# The SHA-256 of texts, as the engine computes it: Jinja has MD5 alone. #}
{% macro _sha256(texts) %}
    {%- set hashes = {} -%}
    {%- if texts -%}
        {%- set calls = [] -%}
        {%- for text in texts -%}
            {%- do calls.append(asof._sha256_of(asof._text(text))) -%}
        {%- endfor -%}
        {%- for text, hash in zip(texts, run_query('select ' ~ calls | join(', ')).rows[0]) -%}
            {%- do hashes.update({text: hash}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(hashes) }}
{% endmacro %}


{% macro _sha256_of(text) -%}
    {{- return(adapter.dispatch('sha256_of', 'asof')(text)) -}}
{%- endmacro %}


{% macro duckdb__sha256_of(text) -%}
    sha256({{ text }})
{%- endmacro %}


{% macro default__sha256_of(text) -%}
    encode(sha256(convert_to({{ text }}, 'UTF8')), 'hex')
{%- endmacro %}

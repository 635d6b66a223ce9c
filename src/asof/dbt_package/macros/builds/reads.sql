{#
    What each build has read of other relations, so that the next one can tell what is new and what came late: a row in
    `model_reads` of the registry for each call of asof.new_since, and for each feature group of a feature view.

    model, built    the model that was built, and its table: developers have schemas of their own in one target
    relation        what it read; empty for a call of asof.new_since without `of`
    columns         the times by which a row counts as known, as JSON: all are at or before `built_up_to`
    entity          columns without which a row is of no use, and does not count, as JSON; those of a feature group
    built_up_to     the present of the build
    rows_known      how many rows of the relation were known by then, counted before the model read it

    A build with --empty or --sample has read a part of what there was: the next one reads all.
#}
{% macro _record_reads(results) %}
    {%- set reads = [] -%}
    {%- for result in results if result.status == 'success' and result.node.resource_type == 'model' -%}
        {%- set of_model = asof._reads_of(result.node) -%}
        {%- if of_model and (flags.EMPTY or flags.SAMPLE) -%}
            {%- set of_model = [{'relation': '(a part)', 'columns': [], 'entity': [], 'rows_known': none}] -%}
        {%- endif -%}
        {%- for read in of_model -%}
            {%- do reads.append(dict(read, model=result.node.unique_id, built=result.node.relation_name)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if reads -%}
        {%- set registry = asof._registry() %}
        create table if not exists {{ registry }}.model_reads (
            model varchar not null,
            built varchar not null,
            relation varchar not null,
            columns varchar not null,
            entity varchar not null,
            built_at timestamptz not null,
            invocation_id varchar not null,
            built_up_to timestamptz not null,
            rows_known bigint,
            primary key (model, built, relation, columns, invocation_id)
        );

        insert into {{ registry }}.model_reads
            (model, built, relation, columns, entity, built_at, invocation_id, built_up_to, rows_known)
        {%- for read in reads %}
        select
            {{ asof._text(read.model) }},
            {{ asof._text(read.built) }},
            {{ asof._text(read.relation) }},
            {{ asof._text(tojson(read.columns)) }},
            {{ asof._text(tojson(read.entity)) }},
            cast('{{ run_started_at.isoformat(' ') }}' as timestamptz),
            '{{ invocation_id }}',
            {{ asof.now() }},
            {% if read.rows_known is defined -%}
            {{ 'null' if read.rows_known is none else read.rows_known }}
            {%- elif read.relation -%}
            (select count(*) from {{ read.relation }} where {{ asof._known_by(read.columns, read.entity, asof.now()) }})
            {%- else -%}
            null
            {%- endif %}
        {{ 'union all' if not loop.last }}
        {%- endfor %};
    {%- endif -%}
{% endmacro %}


{# What a model reads: the notes that asof.new_since left in its SQL, and the groups of a feature view. #}
{% macro _reads_of(node) %}
    {%- set reads = [] -%}
    {%- for note in modules.re.findall('/\\* asof[.]new_since reads (.*?) \\*/', node.compiled_code or '') -%}
        {%- set read = fromjson(note) -%}
        {%- do reads.append(read) if read not in reads -%}
    {%- endfor -%}
    {{ return(reads + asof._groups_of_view(node)) }}
{% endmacro %}


{# The feature groups of a view that are relations, each with the times by which a row counts as known. #}
{% macro _groups_of_view(node) %}
    {%- set groups = [] -%}
    {%- if (node.config.meta.get('asof') or {}).get('role') == 'feature_view' -%}
        {%- for group in asof._parents_with_role(node, 'feature_group') if group.relation_name -%}
            {%- set meta = group.config.meta['asof'] -%}
            {%- do groups.append({
                'relation': group.relation_name, 'columns': [meta.event_time, meta.known_at] | unique | list,
                'entity': meta.entity,
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(groups) }}
{% endmacro %}


{# A comment in the SQL of a model that `_reads_of` finds there, with how many rows are known now, before they are read. #}
{% macro _note_of_read(of, column) -%}
    {%- set read = {'relation': (of | string) if of is not none else '', 'columns': [column], 'entity': [], 'rows_known': none} -%}
    {%- if of is not none and graph and asof._is_building() and not flags.EMPTY and not flags.SAMPLE -%}
        {%- set known = asof._known_by([column], [], asof.now()) -%}
        {%- do read.update({
            'rows_known': run_query("select count(*) from " ~ of ~ " where " ~ known).columns[0].values()[0] | int
        }) -%}
    {%- endif %} /* asof.new_since reads {{ asof._json(read) }} */
{%- endmacro %}


{#
    The record of this table's last build: its present as `built_up_to`, and each relation that it read, with the number of rows
    that arrived late since (`late`) or are gone (`lost`). Returns none without a record that can be compared.
#}
{% macro _last_build_of_model() %}
    {%- if not asof._table_of_registry('model_reads') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set builds = asof._registry() ~ ".model_reads where model = " ~ asof._text(model.unique_id)
        ~ " and built = " ~ asof._text(this | string) -%}
    {%- set found = run_query(
        "select cast(built_up_to as varchar), relation, columns, entity, rows_known from " ~ builds
        ~ " and built_at = (select max(built_at) from " ~ builds ~ ") order by relation, columns"
    ).rows -%}
    {%- if not found -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set mark = "cast('" ~ found[0][0] ~ "' as timestamptz)" -%}
    {%- set reads, counts, parents = [], [], [] -%}
    {%- for id in model.depends_on.nodes -%}
        {%- do parents.append((graph.nodes.get(id) or graph.sources.get(id) or {}).relation_name) -%}
    {%- endfor -%}
    {%- for _, relation, columns, entity, rows_known in found if relation -%}
        {%- if relation not in parents or rows_known is none -%}
            {{ return(none) }} {#- it reads something else by now -#}
        {%- endif -%}
        {%- set known = asof._known_by(fromjson(columns), fromjson(entity), mark) -%}
        {%- do counts.append("(select count(*) from " ~ relation ~ " where " ~ known ~ ")") -%}
        {%- do reads.append({'relation': relation, 'columns': fromjson(columns), 'rows_known': rows_known}) -%}
    {%- endfor -%}
    {%- set now = run_query("select " ~ counts | join(', ')).rows[0] if counts else [] -%}
    {%- set compared = [] -%}
    {%- for read, count in zip(reads, now) -%}
        {%- set more = (count - read.rows_known) | int -%}
        {%- do compared.append(dict(read, late=[more, 0] | max, lost=[-more, 0] | max)) -%}
    {%- endfor -%}
    {{ return({'built_up_to': found[0][0], 'reads': compared}) }}
{% endmacro %}


{# SQL condition: the times of a row are at or before a moment, and it has an entity. #}
{% macro _known_by(columns, entity, moment) -%}
    {%- for column in columns -%}
        {{ adapter.quote(column) }} <= {{ moment }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
    {%- for column in entity %} and {{ adapter.quote(column) }} is not null{% endfor -%}
{%- endmacro %}


{#
    Warns of rows that came late and of rows that are gone, in what this model read for its last build. It keeps what was known
    then; what a full build would do is said.

    read     one of `_last_build_of_model().reads`
    then     what becomes of rows that came late, in words
#}
{% macro _warn_of_late_rows(last, read, then) %}
    {%- if asof._is_building() and (read.late or read.lost) -%}
        {%- set name = read.relation.split('.')[-1] | replace('"', '') -%}
        {%- set full = asof._command('build --full-refresh --select +' ~ model.name) -%}
        {%- if read.late -%}
            {%- do exceptions.warn(
                "asof: " ~ read.late ~ " rows of " ~ name ~ " came after the build of " ~ model.name ~ " at " ~ last.built_up_to
                ~ ", though by " ~ read.columns | join(' and ') ~ " they were known by then; " ~ then ~ full
            ) -%}
        {%- else -%}
            {%- do exceptions.warn(
                "asof: " ~ read.lost ~ " rows of " ~ name ~ " that " ~ model.name ~ " was built from at " ~ last.built_up_to
                ~ " are gone; what was built from them stays until a full build: " ~ full
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# A value as a literal of SQL. #}
{% macro _text(value) -%}
    {{ dbt.string_literal(dbt.escape_single_quotes(value)) }}
{%- endmacro %}

{# The registry's schema in SQL, with its database: a file ml.duckdb would else be taken for the schema ml. #}
{% macro _registry() -%}
    {{ adapter.quote(target.database) }}.{{ adapter.quote(asof._registry_name()) }}
{%- endmacro %}


{# The name of the registry's schema. #}
{% macro _registry_name() %}
    {{ return(var('asof_registry_schema', none) or 'ml') }}
{% endmacro %}


{# A table of the registry as a relation of dbt; none where it is not there. #}
{% macro _table_of_registry(table) %}
    {{ return(adapter.get_relation(database=target.database, schema=asof._registry_name(), identifier=table)) }}
{% endmacro %}


{# The registry's schema in SQL; none where it has not this table. #}
{% macro _registry_schema(table) %}
    {{ return(asof._registry() if asof._table_of_registry(table) else none) }}
{% endmacro %}


{#
    The columns that a table of the registry has; none where it is not there. By run_query: what the adapter itself asks opens a
    transaction, which on-run-end would be undone with.
#}
{% macro _columns_of_registry(table) %}
    {{ return(run_query(
        "select column_name from information_schema.columns where table_catalog = " ~ asof._text(target.database)
        ~ " and table_schema = " ~ asof._text(asof._registry_name()) ~ " and table_name = " ~ asof._text(table)
    ).columns[0].values()) }}
{% endmacro %}


{#
    The table of builds of feature views, which the package alone defines and writes. In one that an asof before 0.2 made, the
    column `relation` was called `view`, and has the views' names.

    relation          the view's table with its schema and database, as dbt writes it
    model             the view, by the unique id that dbt gives it
    target            of dbt's profile
    built_up_to       the present of the build
    composition       what the view was made of, as JSON: see `composition.sql`
#}
{% macro _create_view_builds() %}
    {%- set registry = asof._registry() -%}
    {%- set columns = asof._columns_of_registry('view_builds') -%}
    {%- if 'view' in columns %}
        alter table {{ registry }}.view_builds rename column view to relation;
    {%- endif %}
        create table if not exists {{ registry }}.view_builds (
            relation varchar not null,
            built_up_to timestamptz not null,
            built_at timestamptz not null,
            invocation_id varchar not null,
            target varchar,
            table_schema varchar,
            table_name varchar,
            model varchar,
            composition json,
            primary key (relation, invocation_id)
        );
    {%- for column, type in [
        ('target', 'varchar'), ('table_schema', 'varchar'), ('table_name', 'varchar'), ('model', 'varchar'),
        ('composition', 'json'),
    ] if columns and column not in columns %}
        alter table {{ registry }}.view_builds add column {{ column }} {{ type }};
    {%- endfor %}
{% endmacro %}

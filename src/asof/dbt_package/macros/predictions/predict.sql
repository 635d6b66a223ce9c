{#
    Scores the rows of a feature view with the registered version behind an alias, as it was at the present: a SELECT for a
    dbt model, in a plain dbt build. DuckDB only; the plugin asof.dbt_plugin in profiles.yml makes the versions known to it.

    model      the name of the model spec
    view       the feature view, as ref(...)
    alias      whose version scores
    where      a condition on the rows of the view; all of them if not given
    threshold  the score from which the prediction of a binary problem is true; if not given, that of the spec with which the
               version was trained

    Columns: the spine's key, as_of, model, version, alias, score (of several classes score_<class> each), prediction.

    Where the alias is still free there are no rows, and a warning. Store the result as a table: a view would need the
    function in every process that reads it.
#}
{% macro predict(model, view, alias='champion', where=none, threshold=none) %}
    {%- if not execute -%}
        {{ return('select 1 as not_compiled_yet') }}
    {%- endif -%}
    {%- if target.type != 'duckdb' -%}
        {{ exceptions.raise_compiler_error(
            "asof.predict: it runs on duckdb, this target is " ~ target.type ~ "; compile the version to SQL instead: "
            ~ "asof compile " ~ model ~ " --dialect " ~ target.type
        ) }}
    {%- endif -%}
    {%- set spine = asof._spine_of_view(view) -%}
    {%- set version = asof._version_behind(model, alias) -%}
    {%- if version is none -%}
        {%- do exceptions.warn(
            "asof.predict: model " ~ model ~ " has no '" ~ alias ~ "' yet, so that " ~ this.identifier
            ~ " is empty; run: asof train " ~ model ~ ", then asof promote " ~ model
        ) -%}
    {%- else -%}
        {%- do asof._refuse_other_view(version, view) -%}
    {%- endif -%}
    {{- return(asof._predict_sql(model, view, alias, where, threshold, spine, version)) -}}
{% endmacro %}


{% macro _predict_sql(model, view, alias, where, threshold, spine, version) -%}
select
    {%- for column in spine.key %}
    {{ adapter.quote(column) }},
    {%- endfor %}
    {{ adapter.quote(spine.as_of) }} as as_of,
    '{{ model }}' as model,
    cast({{ version.version if version else 'null' }} as integer) as version,
    '{{ alias }}' as alias,
    {%- if version is none %}
    cast(null as double) as score,
    cast(null as boolean) as prediction
from {{ view }}
where false
    {%- elif version.problem == 'multiclass' %}
        {%- for name in version.classes %}
    asof_scores[{{ loop.index }}] as {{ adapter.quote('score_' ~ name) }},
        {%- endfor %}
    ([
        {%- for name in version.classes -%}
            {{ dbt.string_literal(dbt.escape_single_quotes(name)) if name is string else name }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    ])[list_position(asof_scores, list_max(asof_scores))] as prediction
    {%- else %}
    asof_scores as score,
    {{ 'asof_scores >= ' ~ (version.threshold if threshold is none else threshold) if version.problem == 'binary' else 'asof_scores' }} as prediction
    {%- endif %}
{%- if version is not none %}
from (
    select
        {%- for column in spine.key %}
        {{ adapter.quote(column) }},
        {%- endfor %}
        {{ adapter.quote(spine.as_of) }},
        asof_score_{{ model }}_v{{ version.version }}(
            {%- for feature in version.features %}
            {{ adapter.quote(feature) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as asof_scores
    from {{ view }}
    {%- if where is not none %}
    where {{ where }}
    {%- endif %}
) as scored
{%- endif %}
{%- endmacro %}


{#
    The version behind an alias at the present: its number, problem, classes, features, feature view and threshold; none if it
    is free.
#}
{% macro _version_behind(model, alias) %}
    {%- set name = dbt.string_literal(dbt.escape_single_quotes(model)) -%}
    {%- set ml = asof._registry_schema('alias_events') -%}
    {%- if ml is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set moved = run_query(
        "select to_version from " ~ ml ~ ".alias_events where model = " ~ name ~ " and alias = "
        ~ dbt.string_literal(dbt.escape_single_quotes(alias)) ~ " and happened_at <= " ~ asof.now()
        ~ " order by event_id desc limit 1"
    ) -%}
    {%- if not moved.rows -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set number = moved.rows[0][0] | int -%}
    {%- set of_version = " where model = " ~ name ~ " and version = " ~ number -%}
    {%- set row = run_query(
        "select problem, cast(classes as varchar), feature_view, spec ->> '$.inference.threshold' from " ~ ml
        ~ ".model_versions" ~ of_version
    ).rows[0] -%}
    {%- set features = run_query(
        "select feature from " ~ ml ~ ".model_features" ~ of_version ~ " order by position"
    ).columns[0].values() -%}
    {{ return({
        'title': model ~ ' version ' ~ number, 'version': number, 'problem': row[0],
        'classes': fromjson(row[1]) if row[1] else [], 'feature_view': row[2], 'features': features | list,
        'threshold': row[3] or 0.5,
    }) }}
{% endmacro %}


{# The key and the moment of the spine that a feature view reads, from their YAML. #}
{% macro _spine_of_view(view) %}
    {%- set node = asof._node(view) -%}
    {%- set spines = asof._parents_with_role(node, 'spine') -%}
    {%- if spines | length != 1 -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ node.name ~ " reads " ~ spines | length ~ " spines, expected one; pass a feature view, as ref('<its name>')"
        ) }}
    {%- endif -%}
    {%- set spine = spines[0].config.meta.asof -%}
    {{ return(dict(spine, key=asof._key_without_moment(spine))) }}
{% endmacro %}


{% macro _refuse_other_view(version, view) %}
    {%- set node = asof._node(view) -%}
    {%- set name = node.name ~ ('.v' ~ node.version if node.version is not none else '') -%}
    {%- if version.feature_view != name -%}
        {{ exceptions.raise_compiler_error(
            "asof.predict: " ~ version.title ~ " was trained on " ~ version.feature_view ~ ", not on " ~ name
            ~ "; pass ref('" ~ version.feature_view ~ "')"
        ) }}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(view) | map(attribute='name') | list -%}
    {%- for feature in version.features if feature not in columns -%}
        {{ exceptions.raise_compiler_error(
            "asof.predict: " ~ version.title ~ " reads the column " ~ feature ~ ", which " ~ name
            ~ " no longer has; train again"
        ) }}
    {%- endfor -%}
{% endmacro %}

{# What a feature view refuses of the models given to it, when it is compiled and before any row is read. #}
{% macro _require_columns(model, names) %}
    {%- for name in names if name not in model.table_columns -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ model.name ~ " has no column " ~ name ~ "; it has " ~ model.table_columns.keys() | join(', ')
        ) }}
    {%- endfor -%}
{% endmacro %}


{% macro _require_instant(model, name) %}
    {%- do asof._require_columns(model, [name]) -%}
    {%- set type = model.table_columns[name] -%}
    {%- if type not in ('timestamp with time zone', 'timestamptz') -%}
        {{ exceptions.raise_compiler_error(
            "asof: the time " ~ name ~ " of " ~ model.name ~ " is " ~ type ~ ", expected an instant; in the model write: "
            ~ asof._as_instant(name, type)
        ) }}
    {%- endif -%}
{% endmacro %}


{# What makes an instant of a column of another type, as SQL with a remark. #}
{% macro _as_instant(name, type) %}
    {%- if type.startswith('timestamp') -%}
        {{ return(name ~ " at time zone 'UTC' as " ~ name ~ " (with the zone in which it was recorded)") }}
    {%- elif type == 'date' -%}
        {{ return("cast(" ~ name ~ " as timestamp) at time zone 'UTC' as " ~ name ~ " (with the zone of the days)") }}
    {%- elif asof._kind_of_type(type) == 'number' -%}
        {{ return("to_timestamp(" ~ name ~ ") as " ~ name ~ " (of seconds since 1970; divide milliseconds by 1000)") }}
    {%- endif -%}
    {{ return("cast(" ~ name ~ " as timestamptz) as " ~ name ~ " (text without a zone is read as UTC)") }}
{% endmacro %}


{% macro _require_list_of_columns(columns, group) %}
    {%- if columns is not none and (columns is string or columns is mapping or not columns) -%}
        {{ exceptions.raise_compiler_error(
            "asof.features: columns of " ~ group.name ~ " is " ~ (columns | string or "''") ~ ", expected a list of names, as in "
            ~ "columns=['" ~ (columns if columns is string and columns else group.table_columns.keys() | list | last) ~ "']; "
            ~ "leave it out for all columns"
        ) }}
    {%- endif -%}
{% endmacro %}


{% macro _require_length_of_time(value, what) %}
    {%- if not modules.re.match('^[1-9]\d* (second|minute|hour|day|week)s?$', value | string) -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ what ~ " is '" ~ value ~ "', expected for example '3 hours'"
        ) }}
    {%- endif -%}
{% endmacro %}


{# The spine has the entity's columns, each of the same kind: a number would else be compared with text, or not at all. #}
{% macro _require_entity_of_spine(group, spine) %}
    {%- for column, of_spine in group.of_spine.items() -%}
        {%- if of_spine not in spine.table_columns -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: the entity column " ~ of_spine ~ " of " ~ group.name ~ " is not in the spine "
                ~ spine.name ~ " (" ~ spine.table_columns.keys() | join(', ') ~ "); add it there, or name the spine's own "
                ~ "column: asof.features(ref('" ~ group.name ~ "'), entity={'" ~ column ~ "': ...})"
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- do asof._require_one_kind(group, spine, group.of_spine, 'entity column') -%}
{% endmacro %}


{#
    Columns that are compared with those of the spine (of the same name, or as a mapping says) are of one kind. Floating-point numbers name nothing: beyond 2^53 they
    stand for several whole numbers.
#}
{% macro _require_one_kind(part, spine, columns, what) %}
    {%- for column in columns -%}
        {%- set of_spine = columns[column] if columns is mapping else column -%}
        {%- set theirs, ours = part.table_columns[column], spine.table_columns[of_spine] -%}
        {%- for type, owner in [(theirs, part.name), (ours, 'the spine ' ~ spine.name)] -%}
            {%- if modules.re.match('^(double|real|float)', type) -%}
                {{ exceptions.raise_compiler_error(
                    "asof.feature_view: the " ~ what ~ " " ~ column ~ " is " ~ type ~ " in " ~ owner ~ ", and floating-point "
                    ~ "numbers do not tell rows apart; there write cast(" ~ column ~ " as bigint) as " ~ column
                ) }}
            {%- endif -%}
        {%- endfor -%}
        {%- if asof._kind_of_type(theirs) != asof._kind_of_type(ours) -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: the " ~ what ~ " " ~ column ~ " is " ~ theirs ~ " in " ~ part.name ~ " and " ~ ours
                ~ " in the spine " ~ spine.name ~ "; in one of them write cast(" ~ column ~ " as ...) as " ~ column
            ) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{% macro _kind_of_type(type) %}
    {%- if modules.re.match('^(u?(tiny|small|big|huge)?int|integer|uinteger|numeric|decimal|double|real|float)', type) -%}
        {{ return('number') }}
    {%- elif modules.re.match('^(varchar|character|char|text|string)', type) -%}
        {{ return('text') }}
    {%- endif -%}
    {{ return(type) }}
{% endmacro %}


{# The join has names of its own, and all of them begin with asof_. #}
{% macro _refuse_reserved_names(model) %}
    {%- for column in model.table_columns if (column | lower).startswith('asof_') or '"' in column -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ model.name ~ " has a column " ~ column ~ "; "
            ~ ("a name with a double quote cannot be used" if '"' in column
                else "names that begin with asof_ are kept for the join") ~ ", rename it"
        ) }}
    {%- endfor -%}
{% endmacro %}


{# A label without the spine's moment has one outcome for a key: asked about twice, a key would get it each time. #}
{% macro _require_one_question_a_key(spine, label) %}
    {%- if asof._is_building() -%}
        {%- set repeated -%}
            select count(*) from (
                select 1 from {{ spine.relation }} group by {{ asof._list(label.question) }} having count(*) > 1
            ) as repeated
        {%- endset -%}
        {%- set found = run_query(repeated).columns[0].values()[0] -%}
        {%- if found -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: " ~ found ~ " keys (" ~ label.question | join(', ') ~ ") of the spine " ~ spine.name
                ~ " are asked about more than once, and the label " ~ label.name ~ " does not say which question an outcome is "
                ~ "of; give it one row per question, with the column " ~ spine.as_of
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# An outcome that was known when the question was asked is no outcome of it. #}
{% macro _refuse_known_outcomes(spine, label) %}
    {%- if asof._is_building() -%}
        {%- set known_at, as_of = adapter.quote(label.known_at), adapter.quote(spine.as_of) -%}
        {%- set early -%}
            select count(*), cast(min(spine.{{ as_of }}) as varchar)
            from {{ spine.relation }} as spine
            inner join {{ label.relation }} as outcome
                on
                    {{ asof._equal(label.question, 'spine', 'outcome') }}
            where
                outcome.{{ known_at }} <= spine.{{ as_of }}
                and spine.{{ as_of }} <= {{ asof.now() }}
        {%- endset -%}
        {%- set found = run_query(early).rows[0] -%}
        {%- if found[0] -%}
            {{ exceptions.raise_compiler_error(
                "asof.feature_view: of " ~ found[0] ~ " rows of the spine " ~ spine.name ~ " the outcome in " ~ label.name
                ~ " was known at or before the question (" ~ label.known_at ~ " <= " ~ spine.as_of ~ "), first at " ~ found[1]
                ~ "; leave these questions out of the spine, or correct " ~ label.known_at
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# A model in Python has no SQL, so that neither the linter nor the record of changed SQL can look into it. #}
{% macro _refuse_python(group) %}
    {%- if group.node.language == 'python' -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ group.name ~ " is a Python model, which cannot be followed back to its sources; write the "
            ~ "group in SQL over it, or compute the feature in SQL"
        ) }}
    {%- endif -%}
{% endmacro %}


{# With hard_deletes: new_record a snapshot tells a deletion as a row, which would pass for a fact. #}
{% macro _refuse_deletions_as_rows(group) %}
    {%- if 'dbt_is_deleted' in group.table_columns -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ group.name ~ " has deletions as rows of their own (dbt_is_deleted); make the group a model "
            ~ "over it, with where dbt_is_deleted = 'False', without that column, and with valid_to: dbt_valid_to in its meta"
        ) }}
    {%- endif -%}
{% endmacro %}


{% macro _refuse_collisions(spine, groups, label) %}
    {#- Names are compared in lower case, as DuckDB does. -#}
    {%- set owners = {} -%}
    {%- for column in spine.table_columns -%}
        {%- do owners.update({column | lower: spine.name}) -%}
    {%- endfor -%}
    {%- for group in groups -%}
        {%- for column in group.columns -%}
            {%- set name = group.prefix ~ column -%}
            {%- if name | lower in owners -%}
                {{ exceptions.raise_compiler_error(
                    "asof.feature_view: the column " ~ name ~ " comes from " ~ owners[name | lower] ~ " and from " ~ group.name
                    ~ "; write asof.features(ref('" ~ group.name ~ "'), prefix='" ~ group.name ~ "_')"
                ) }}
            {%- endif -%}
            {%- do owners.update({name | lower: group.name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in (label.labels + ['label_known_at'] if label else []) if column | lower in owners -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: the label column " ~ column ~ " is also a column of " ~ owners[column | lower]
            ~ "; rename it there, or give that group a prefix"
        ) }}
    {%- endfor -%}
{% endmacro %}

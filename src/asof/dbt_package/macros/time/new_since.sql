{#
    A predicate for models: true for the rows that reached the warehouse since this model was last built, up to the present.

    column     the time at which a row reached the warehouse; for rows that the model itself makes, their own moment
    lookback   also true for rows of this interval before the last build, such as a window needs again (optional)
    of         the relation that the predicate filters, as ref(...) or source(...) (optional)

    first build          ->   "loaded_at" <= cast('<the present>' as timestamptz)
    {{ asof.new_since('loaded_at', of=ref('orders')) }}
                         ->   /* incremental builds only */ "loaded_at" > cast('<the present of the last build>' as timestamptz)
                              and /* all builds */ "loaded_at" <= cast('<the present>' as timestamptz)

    Each build records its present in `model_reads` of the registry and, with `of`, the number of rows known by then. If that number
    has changed since, rows arrived late or are gone: a warning counts them, and this build reads all rows, so none is lost. The
    model's unique_key replaces the rows that are there already.
#}
{% macro new_since(column, lookback=none, of=none) -%}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- if of is not none and '__dbt__cte__' in of | string and graph -%}
        {{ exceptions.raise_compiler_error(
            "asof.new_since: " ~ model.name ~ " reads the ephemeral model " ~ of.identifier ~ ", whose rows cannot be counted; "
            ~ "materialize it as a view, or pass the relation that it reads as of"
        ) }}
    {%- endif -%}
    {%- set quoted = [] -%}
    {%- for part in column.split('.') -%}
        {%- do quoted.append(adapter.quote(part)) -%}
    {%- endfor -%}
    {%- set quoted = quoted | join('.') -%}
    {%- set since = none -%}
    {%- if is_incremental() and graph -%} {#- a dbt unit test sees no graph -#}
        {%- do asof._require_length_of_time(lookback, "the lookback of asof.new_since in " ~ model.name) if lookback is not none -%}
        {%- do asof._require_key_of_rows() -%}
        {%- set last = asof._last_build_of_model() -%}
        {%- if last and not last.reads | sum(attribute='late') and not last.reads | sum(attribute='lost') -%}
            {%- set since = last.built_up_to -%}
        {%- endif -%}
        {%- for read in (last or {'reads': []}).reads if of is not none and read.relation == of | string -%}
            {%- do asof._warn_of_late_rows(
                last, read, "this build reads all rows again. If this happens often, pass the time of loading to asof.new_since. To build in full: "
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if since -%}
        /* incremental builds only */ {{ quoted }} > cast('{{ since }}' as timestamptz)
        {%- if lookback is not none %} - interval '{{ lookback }}'{% endif %} and /* all builds */ {% endif -%}
    {{ quoted }} <= {{ asof.now() }}
    {{- asof._note_of_read(of, column.split('.')[-1]) }}
{%- endmacro %}


{# Refuses an incremental model without a key: rows that are read again would be duplicated. #}
{% macro _require_key_of_rows() %}
    {%- if not model.config.unique_key or model.config.incremental_strategy == 'append' -%}
        {%- set meta = (model.config.meta or {}).get('asof') or {} -%}
        {%- set key = (meta.get('entity', []) + [meta.event_time, meta.known_at]) | unique | list if meta.event_time else ['...'] -%}
        {{ exceptions.raise_compiler_error(
            "asof.new_since: " ~ model.name ~ " is incremental " ~ ("with the strategy append" if model.config.unique_key else
            "without a unique_key") ~ ", so that a row that is read again would be there twice; write config(unique_key=['"
            ~ key | join("', '") ~ "'], incremental_strategy='delete+insert')"
        ) }}
    {%- endif -%}
{% endmacro %}

{#
    A predicate for models: true for the rows that reached the warehouse since this model was last built, up to the present.

    column     when a row reached the warehouse, or a moment of the model's own rows that is no earlier
    lookback   an interval before that, for rows that are needed again, as those of a window (optional)
    of         the relation whose rows the predicate picks, as ref(...) or source(...) (optional)

    first build          ->   "loaded_at" <= cast('<the present>' as timestamptz)
    {{ asof.new_since('loaded_at', of=ref('orders')) }}
                         ->   "loaded_at" > cast('<the present of the last build>' as timestamptz)
                              and "loaded_at" <= cast('<the present>' as timestamptz)

    The present of the last build is kept in `model_reads` of the registry. With `of`, so is how many rows the predicate picked
    from by then. Where there are more now, some came later than `column` says; where there are fewer, some are gone, and others may
    have come. A warning counts them, and this build reads all rows, so that none is lost. They take the place of those that are there by the model's unique_key.
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
        {{ quoted }} > cast('{{ since }}' as timestamptz)
        {%- if lookback is not none %} - interval '{{ lookback }}'{% endif %} and {% endif -%}
    {{ quoted }} <= {{ asof.now() }}
    {{- asof._note_of_read(of, column.split('.')[-1]) }}
{%- endmacro %}


{# Rows that are read twice would be there twice. #}
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

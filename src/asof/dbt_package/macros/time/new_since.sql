{#
    A predicate for incremental models: true for the rows that came after those already in the table.

    column     the time column of the model, also of the rows that are asked
    lookback   an interval before the newest row of the table, for rows that are needed again (optional)

    first build                                ->   true
    {{ asof.new_since('observed_at') }}         ->   observed_at > (select max(observed_at) from this table)

    An empty table counts as a first build: then every row is new.
#}
{% macro new_since(column, lookback=none) -%}
    {%- if is_incremental() -%}
        {{ column }} > (
            select coalesce(max(built.{{ column.split('.')[-1] }}), cast('-infinity' as timestamptz))
            from {{ this }} as built
        )
        {%- if lookback is not none %} - interval '{{ lookback }}'{% endif -%}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

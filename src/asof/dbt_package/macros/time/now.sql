{#
    The present, as a SQL expression: the dbt var `asof_now` where it is set, else the moment at which this dbt run
    began. It is one moment for all models of a run; the clock of the database would be a later one in each of them.

    An `asof_now` without a zone is read as UTC.

    asof_now: 2013-11-01T06:00:00-04:00   ->   cast('2013-11-01 10:00:00+00:00' as timestamptz)
    asof_now unset                        ->   cast('2026-11-24 17:00:00.123456+00:00' as timestamptz)
#}
{% macro now() %}
    {%- set value = var('asof_now', none) -%}
    {%- set instant = run_started_at.isoformat(' ') if value is none else asof._parse_instant(value) -%}
    cast('{{ instant }}' as timestamptz)
{%- endmacro %}


{% macro _parse_instant(value) %}
    {%- set text = (value | string).strip() -%}
    {%- set pattern = '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$' -%}
    {%- if not modules.re.match(pattern, text) -%}
        {{ exceptions.raise_compiler_error(
            "asof.now: the var asof_now is '" ~ text ~ "', expected an instant such as 2013-11-01T10:00:00Z"
        ) }}
    {%- endif -%}
    {%- set instant = modules.datetime.datetime.fromisoformat(text) -%}
    {%- if instant.tzinfo is none -%}
        {%- set instant = instant.replace(tzinfo=modules.pytz.utc) -%}
    {%- endif -%}
    {{- return(instant.astimezone(modules.pytz.utc).isoformat(' ')) -}}
{% endmacro %}

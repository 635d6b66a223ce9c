{#
    The present, as a SQL expression. It is one moment for all models of a dbt run: the environment variable `ASOF_NOW`
    or the dbt var `asof_now`, else the moment at which the run began. An instant without a zone is read as UTC.

    ASOF_NOW=2013-11-01T06:00:00-04:00   ->   cast('2013-11-01 10:00:00+00:00' as timestamptz)
    neither set                          ->   cast('2026-11-24 17:00:00.123456+00:00' as timestamptz)
#}
{% macro now() %}
    {%- set instant = asof._clock() -%}
    cast('{{ run_started_at.isoformat(' ') if instant is none else instant }}' as timestamptz)
{%- endmacro %}


{#
    The instant at which the clock stands, or none. The environment is read only where SQL is run: dbt then keeps what
    it has parsed when the clock moves, which another value of --vars would throw away.
#}
{% macro _clock() %}
    {%- set by_var = asof._parse_instant(var('asof_now', none), 'the var asof_now') -%}
    {%- if not execute or (by_var is not none and not graph) -%}
        {{ return(by_var) }} {#- a dbt unit test sees no graph, and its own override of the var wins -#}
    {%- endif -%}
    {%- set by_environment = asof._parse_instant(env_var('ASOF_NOW', ''), 'the environment variable ASOF_NOW') -%}
    {%- if by_var is not none and by_environment is not none and by_var != by_environment -%}
        {{ exceptions.raise_compiler_error(
            "asof.now: the environment variable ASOF_NOW is " ~ by_environment ~ " and the var asof_now is " ~ by_var
            ~ "; set one of them: ASOF_NOW=... dbt build"
        ) }}
    {%- endif -%}
    {{ return(by_var if by_environment is none else by_environment) }}
{% endmacro %}


{% macro _parse_instant(value, source) %}
    {%- set text = '' if value is none else (value | string).strip() -%}
    {%- if not text -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set pattern = '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$' -%}
    {%- if not modules.re.match(pattern, text) -%}
        {{ exceptions.raise_compiler_error(
            "asof.now: " ~ source ~ " is '" ~ text ~ "', expected an instant such as 2013-11-01T10:00:00Z"
        ) }}
    {%- endif -%}
    {%- set instant = modules.datetime.datetime.fromisoformat(text) -%}
    {%- if instant.tzinfo is none -%}
        {%- set instant = instant.replace(tzinfo=modules.pytz.utc) -%}
    {%- endif -%}
    {{- return(instant.astimezone(modules.pytz.utc).isoformat(' ')) -}}
{% endmacro %}

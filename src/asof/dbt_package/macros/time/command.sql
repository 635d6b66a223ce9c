{#
    A command of dbt as a message tells to run it: with the clock and the target of this run. Without them, pasted, it would
    build up to today, which a snapshot never forgets.

    asof._command('build --select +orders')   ->   ASOF_NOW=2024-05-01T17:00:00+00:00 dbt build --select +orders --target dev
#}
{% macro _command(words) -%}
    {%- set instant = asof._clock() -%}
    {{ 'ASOF_NOW=' ~ instant.replace(' ', 'T') ~ ' ' if instant }}dbt {{ words }} --target {{ target.name }}
{%- endmacro %}

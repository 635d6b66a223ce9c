{#
    The last line of a model that reads sources: hides the rows that were not yet known at the present. It begins with
    `where`, so put it after `select * from` the last CTE.

    known_at   the column (or expression) that says when the warehouse could first know the row

    {{ asof.visible('arrived_at') }}   ->   where arrived_at <= cast('2013-11-01 10:00:00+00:00' as timestamptz)
#}
{% macro visible(known_at) -%}
    where {{ known_at }} <= {{ asof.now() }}
{%- endmacro %}

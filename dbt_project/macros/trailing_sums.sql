{#
    Sums over the window that ends at each moment: one row per entity and moment at which the window changes,
    which is when an event enters it (it becomes known) and when the event leaves it again.

    events     a CTE with one row per event
    entity     its entity columns
    at         its time column; the moment's column has the same name
    measures   its integer columns to sum (integers, so that no order of summing changes a digit)
    window     the length, as an interval; an event exactly that old is out

    departures at 10:00 (delay 5) and 11:00 (delay 20), window '3 hours'
        ->   10:00 5,  11:00 25,  13:00 20,  14:00 0
#}
{% macro trailing_sums(events, entity, at, measures, window) -%}
select
    {{ entity | join(', ') }},
    {{ at }},
    {%- for measure in measures %}
    cast(sum({{ measure }}) over so_far as bigint) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from (
    select
        {{ entity | join(', ') }},
        {{ at }},
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {{ entity | join(', ') }},
            {{ at }},
            {%- for measure in measures %}
            {{ measure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ events }}
        union all
        select
            {{ entity | join(', ') }},
            {{ at }} + interval '{{ window }}' as {{ at }},
            {%- for measure in measures %}
            -{{ measure }} as {{ measure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ events }}
    ) as entering_and_leaving
    group by all
) as changes
window so_far as (partition by {{ entity | join(', ') }} order by {{ at }})
{%- endmacro %}

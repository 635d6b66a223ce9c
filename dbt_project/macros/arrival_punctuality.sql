{#
    The CTE `punctuality`, from a CTE `arrived` like stg_flights__arrived: how punctual the arrivals of each entity have
    been over the window that ends at each moment, one row at each moment at which that changes.

    entity     the columns that say whose arrivals
    of         what the entity is called in the names of the columns
    days       the length of the window

    arrival_punctuality(['carrier'], of='carrier', days=7)
        ->   carrier, carrier_arrivals_7d, carrier_mean_arrival_delay_7d, carrier_late_rate_7d, observed_at
#}
{% macro arrival_punctuality(entity, of, days) -%}
arrivals as (
    select
        {{ entity | join(', ') }},
        1 as arrivals,
        arrival_delay_minutes as delay_minutes,
        cast(is_late as integer) as late_arrivals,
        arrived_at as observed_at
    from arrived
    where {{ asof.new_since('arrived_at', lookback=days ~ ' days', of=ref('stg_flights__arrived')) }}
),

last_{{ days }}_days as (
    {{ trailing_sums(
        'arrivals', entity, 'observed_at', ['arrivals', 'delay_minutes', 'late_arrivals'], days ~ ' days'
    ) | indent(4) }}
),

punctuality as (
    select
        {{ entity | join(', ') }},
        cast(arrivals as integer) as {{ of }}_arrivals_{{ days }}d,
        delay_minutes / nullif(arrivals, 0) as {{ of }}_mean_arrival_delay_{{ days }}d,
        late_arrivals / nullif(arrivals, 0) as {{ of }}_late_rate_{{ days }}d,
        observed_at
    from last_{{ days }}_days
    where {{ asof.new_since('observed_at') }}
)
{%- endmacro %}

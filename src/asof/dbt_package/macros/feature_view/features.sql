{#
    One feature group as a feature view takes it; the argument of asof.feature_view.

    relation   the feature group, as ref(...)
    columns    the columns to take; all but the entity and the times where it is not given
    ttl        how old a row may be, as an interval; the group's own ttl where it is not given
    prefix     put before the name of each column
    entity     the columns of the spine by which the group's entity is found, where they have other names

    asof.features(ref('origin_weather'), columns=['temperature'], prefix='origin_')
        ->   one column, origin_temperature
    asof.features(ref('airport_weather'), entity={'airport': 'destination'}, prefix='destination_')
        ->   the weather of the airport that the spine calls its destination
#}
{% macro features(relation, columns=none, ttl=none, prefix='', entity=none) %}
    {{ return({'relation': relation, 'columns': columns, 'ttl': ttl, 'prefix': prefix, 'entity': entity}) }}
{% endmacro %}

{#
    What a feature view is made of, as data: a JSON comment at the head of its SQL, which `asof._record_builds` keeps with each
    build (Jinja of a model and of on-run-end share nothing else), and which a compile shows without a build.

    {"spine": {"relation", "key", "as_of"},
     "groups": [{"model", "relation", "entity": {its column: the spine's}, "event_time", "known_at", "valid_to", "ttl",
                 "columns": {its column: the view's}}],
     "label": {"relation", "question", "labels", "known_at"} or null,
     "lookback": a length of time or null}
#}
{% macro _composition(spine, groups, label, lookback) -%}
    {%- set parts = [] -%}
    {%- for group in groups -%}
        {%- set columns = {} -%}
        {%- for column in group.columns -%}
            {%- do columns.update({column: group.prefix ~ column}) -%}
        {%- endfor -%}
        {%- do parts.append({
            'model': group.node.unique_id, 'relation': group.relation | string, 'entity': group.of_spine,
            'event_time': group.event_time, 'known_at': group.known_at, 'valid_to': group.get('valid_to'),
            'ttl': group.ttl, 'columns': columns,
        }) -%}
    {%- endfor -%}
    {%- set outcome = none -%}
    {%- if label is not none -%}
        {%- set outcome = {
            'relation': label.relation | string, 'question': label.question, 'labels': label.labels, 'known_at': label.known_at,
        } -%}
    {%- endif -%}
    {%- set spine_part = {'relation': spine.relation | string, 'key': spine.key, 'as_of': spine.as_of} -%}
    {%- set lines = [] -%}
    {%- for part in parts -%}
        {%- do lines.append('    ' ~ asof._json(part)) -%}
    {%- endfor -%}
/* asof.feature_view {
"spine": {{ asof._json(spine_part) }},
"groups": [
{{ lines | join(',\n') }}
],
"label": {{ asof._json(outcome) }},
"lookback": {{ asof._json(lookback) }}
} */
{%- endmacro %}


{# The JSON that `_composition` has left in the SQL of a view, as a literal; null in SQL of another form. #}
{% macro _composition_in(sql) -%}
    {%- set found = modules.re.findall('(?s)/\\* asof[.]feature_view (.*?) \\*/', sql or '') -%}
    {{ asof._text(found[0]) if found else 'null' }}
{%- endmacro %}


{# JSON that can stand in a comment of SQL. #}
{% macro _json(value) -%}
    {{ tojson(value, sort_keys=true).replace('*/', '*\\/') }}
{%- endmacro %}

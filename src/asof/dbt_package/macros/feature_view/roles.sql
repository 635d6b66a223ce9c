{#
    What the models given to a feature view say of themselves: `meta.asof` in their YAML, read from dbt's graph.
    Each macro here checks its part and names the model, what was found and the line to write.
#}
{% macro _node(relation) %}
    {%- for node in graph.nodes.values() -%}
        {%- if node.relation_name == (relation | string) and node.resource_type in ('model', 'snapshot', 'seed') -%}
            {{ return(node) }}
        {%- endif -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(
        "asof: " ~ relation ~ " is not a model, snapshot or seed of this project; pass ref('<its name>')"
    ) }}
{% endmacro %}


{# meta.asof of a model, with its role and its required keys checked; `columns` maps each column to its type. #}
{% macro _meta(relation, role, required) %}
    {%- set node = asof._node(relation) -%}
    {%- set meta = (node.config.meta or {}).get('asof') or (node.meta or {}).get('asof') or {} -%}
    {%- if meta.get('role') != role -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ node.name ~ " has the role " ~ (meta.get('role') or 'none') ~ ", expected " ~ role
            ~ "; in its YAML write config: {meta: {asof: {role: " ~ role ~ ", "
            ~ required | join(': ..., ') ~ ": ...}}}"
        ) }}
    {%- endif -%}
    {%- for key in meta if key not in ['role', 'ttl'] + required -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ node.name ~ " (" ~ role ~ ") has the unknown key " ~ key ~ " in meta.asof; known: role, "
            ~ required | join(', ') ~ (', ttl' if role == 'feature_group' else '')
        ) }}
    {%- endfor -%}
    {%- for key in required -%}
        {%- if key in ('key', 'entity', 'labels') and meta.get(key) is string -%}
            {{ exceptions.raise_compiler_error(
                "asof: " ~ node.name ~ " (" ~ role ~ ") has the text " ~ meta[key] ~ " as its " ~ key
                ~ ", expected a list; write " ~ key ~ ": [" ~ meta[key] ~ "]"
            ) }}
        {%- endif -%}
        {%- if not meta.get(key) -%}
            {{ exceptions.raise_compiler_error(
                "asof: " ~ node.name ~ " (" ~ role ~ ") does not say its " ~ key
                ~ "; add " ~ key ~ ": ... to meta.asof in its YAML"
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- set columns = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do columns.update({column.name: column.data_type | lower}) -%}
    {%- endfor -%}
    {%- if not columns -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ node.name ~ " is not built yet; run: dbt build --select +" ~ node.name
        ) }}
    {%- endif -%}
    {{ return(dict(meta, name=node.name, relation=relation, table_columns=columns)) }}
{% endmacro %}


{% macro _spine(relation) %}
    {%- set spine = asof._meta(relation, 'spine', ['key', 'as_of']) -%}
    {%- do asof._require_columns(spine, spine.key) -%}
    {%- do asof._require_instant(spine, spine.as_of) -%}
    {{ return(spine) }}
{% endmacro %}


{% macro _group(entry, spine) %}
    {%- if entry is not mapping or 'relation' not in entry -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: features takes a list of asof.features(...), got " ~ entry
        ) }}
    {%- endif -%}
    {%- set group = asof._meta(entry.relation, 'feature_group', ['entity', 'event_time', 'known_at']) -%}
    {%- do asof._require_columns(group, group.entity) -%}
    {%- do asof._require_instant(group, group.event_time) -%}
    {%- do asof._require_instant(group, group.known_at) -%}
    {%- for column in group.entity if column not in spine.table_columns -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: the entity column " ~ column ~ " of " ~ group.name ~ " is not in the spine "
            ~ spine.name ~ " (" ~ spine.table_columns.keys() | join(', ') ~ "); add it there"
        ) }}
    {%- endfor -%}
    {%- if 'asof_visible_from' in group.table_columns | map('lower') -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: " ~ group.name ~ " has a column asof_visible_from, a name that the join needs; rename it"
        ) }}
    {%- endif -%}
    {%- set own = group.entity + [group.event_time, group.known_at] -%}
    {%- set columns = entry.columns or group.table_columns.keys() | reject('in', own) | list -%}
    {%- do asof._require_columns(group, columns) -%}
    {%- set ttl = entry.ttl or group.get('ttl') -%}
    {%- if ttl and not modules.re.match('^\d+ (second|minute|hour|day|week)s?$', ttl | string) -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: the ttl of " ~ group.name ~ " is '" ~ ttl ~ "', expected for example '3 hours'"
        ) }}
    {%- endif -%}
    {{ return(dict(group, columns=columns, ttl=ttl or none, prefix=entry.prefix)) }}
{% endmacro %}


{% macro _label(relation, spine) %}
    {%- set label = asof._meta(relation, 'label', ['key', 'labels', 'known_at']) -%}
    {%- do asof._require_columns(label, label.key + label.labels) -%}
    {%- do asof._require_instant(label, label.known_at) -%}
    {%- do asof._require_columns(spine, label.key) -%}
    {{ return(label) }}
{% endmacro %}

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


{# meta.asof of a model, with its role and its keys checked; `table_columns` maps each column to its type. #}
{% macro _meta(relation, role, required, optional=[]) %}
    {%- set node = asof._node(relation) -%}
    {%- set meta = (node.config.meta or {}).get('asof') or (node.meta or {}).get('asof') or {} -%}
    {%- if meta.get('role') != role -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ node.name ~ " has the role " ~ (meta.get('role') or 'none') ~ ", expected " ~ role
            ~ "; in its YAML write config: {meta: {asof: {role: " ~ role ~ ", "
            ~ required | join(': ..., ') ~ ": ...}}}"
        ) }}
    {%- endif -%}
    {%- for key in meta if key not in ['role', 'waive'] + required + optional -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ node.name ~ " (" ~ role ~ ") has the unknown key " ~ key ~ " in meta.asof; known: role, "
            ~ (required + optional) | join(', ') ~ ", waive"
        ) }}
    {%- endfor -%}
    {%- for key in required -%}
        {%- if key in ('key', 'entity', 'labels') and meta.get(key) is string -%}
            {{ exceptions.raise_compiler_error(
                "asof: " ~ node.name ~ " (" ~ role ~ ") has the text " ~ meta[key] ~ " as its " ~ key
                ~ ", expected a list; write " ~ key ~ ": [" ~ meta[key] ~ "]"
            ) }}
        {%- endif -%}
        {#- A group of facts that concern everything has no entity, and says so: entity: [] -#}
        {%- if not meta.get(key) and not (key == 'entity' and meta.get(key) is sequence) -%}
            {{ exceptions.raise_compiler_error(
                "asof: " ~ node.name ~ " (" ~ role ~ ") does not say its " ~ key
                ~ "; add " ~ key ~ ": ... to meta.asof in its YAML"
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- set columns = asof._columns_of(relation, node) -%}
    {{ return(dict(meta, name=node.name, node=node, relation=relation, table_columns=columns)) }}
{% endmacro %}


{#
    The columns of a relation, each with its type in lower case. dbt compile takes those of a model that is not built from its
    contract, so that a project can be compiled, and planned, before it is built.
#}
{% macro _columns_of(relation, node) %}
    {%- set columns = {} -%}
    {%- if load_cached_relation(relation) -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do columns.update({column.name: column.data_type | lower}) -%}
        {%- endfor -%}
    {%- elif flags.WHICH == 'compile' and (node.config.contract or {}).get('enforced') -%}
        {%- for column in node.columns.values() if column.data_type -%}
            {%- do columns.update({column.name: column.data_type | lower}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if not columns -%}
        {{ exceptions.raise_compiler_error(
            "asof: " ~ node.name ~ " is not built yet; run: " ~ asof._command('build --select +' ~ node.name)
        ) }}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}


{% macro _group_meta(relation) %}
    {{ return(asof._meta(relation, 'feature_group', ['entity', 'event_time', 'known_at'], ['ttl', 'valid_to'])) }}
{% endmacro %}


{% macro _spine(relation) %}
    {%- set spine = asof._meta(relation, 'spine', ['key', 'as_of']) -%}
    {%- do asof._require_columns(spine, spine.key) -%}
    {%- do asof._require_instant(spine, spine.as_of) -%}
    {%- do asof._refuse_reserved_names(spine) -%}
    {%- do asof._require_test(
        spine, 'unique_spine_rows', asof._bad_spine_rows(spine), "a prediction would be made twice, or for no question"
    ) -%}
    {#- A question is the key and the moment; a spine of one row a week may have named the moment in its key, too. -#}
    {{ return(dict(spine, key=asof._key_without_moment(spine))) }}
{% endmacro %}


{% macro _key_without_moment(spine) %}
    {{ return(spine.key | reject('equalto', spine.as_of) | list) }}
{% endmacro %}


{# The column of the spine for each column of a group's entity. #}
{% macro _entity_of_spine(renamed, group) %}
    {%- set of_spine = {} -%}
    {%- for column in group.entity -%}
        {%- do of_spine.update({column: column}) -%}
    {%- endfor -%}
    {%- if renamed is not none -%}
        {%- if renamed is not mapping or not renamed or renamed.keys() | reject('in', group.entity) | list -%}
            {{ exceptions.raise_compiler_error(
                "asof.features: entity of " ~ group.name ~ " is " ~ renamed ~ ", expected the spine's column for columns of "
                ~ group.entity | join(', ') ~ ", as in entity={'" ~ (group.entity | first or 'airport') ~ "': 'origin'}"
            ) }}
        {%- endif -%}
        {%- do of_spine.update(renamed) -%}
    {%- endif -%}
    {{ return(of_spine) }}
{% endmacro %}


{% macro _group(entry, spine) %}
    {%- if entry is not mapping or 'relation' not in entry -%}
        {{ exceptions.raise_compiler_error(
            "asof.feature_view: features takes a list of asof.features(...), got " ~ entry
        ) }}
    {%- endif -%}
    {%- set group = asof._group_meta(entry.relation) -%}
    {%- set times = [group.event_time, group.known_at] + ([group.valid_to] if group.valid_to else []) -%}
    {%- do asof._require_columns(group, group.entity) -%}
    {%- for time in times -%}
        {%- do asof._require_instant(group, time) -%}
    {%- endfor -%}
    {%- do asof._refuse_python(group) -%}
    {%- set group = dict(group, of_spine=asof._entity_of_spine(entry.entity, group)) -%}
    {%- do asof._require_entity_of_spine(group, spine) -%}
    {%- do asof._refuse_reserved_names(group) -%}
    {%- do asof._refuse_deletions_as_rows(group) -%}
    {%- do asof._require_test(
        group, 'unique_feature_rows', asof._bad_feature_rows(group),
        "the join would not know which of two rows of one time to take"
    ) -%}
    {%- set own = group.entity + times + asof._snapshot_columns(group.node) -%}
    {%- do asof._require_list_of_columns(entry.columns, group) -%}
    {%- set all_columns = group.table_columns.keys() | reject('in', own) | list -%}
    {%- set columns = all_columns if entry.columns is none else entry.columns -%}
    {%- do asof._require_columns(group, columns) -%}
    {%- set ttl = group.get('ttl') if entry.ttl is none else entry.ttl -%}
    {%- do asof._require_length_of_time(ttl, "the ttl of " ~ group.name) if ttl is not none -%}
    {{ return(dict(group, columns=columns, ttl=ttl, prefix=entry.prefix)) }}
{% endmacro %}


{# The columns that dbt adds to a snapshot; they are no features. #}
{% macro _snapshot_columns(node) %}
    {%- set columns = [] -%}
    {%- if node.resource_type == 'snapshot' -%}
        {%- set named = node.config.snapshot_meta_column_names or {} -%}
        {%- for name in ['dbt_scd_id', 'dbt_updated_at', 'dbt_valid_from', 'dbt_valid_to', 'dbt_is_deleted'] -%}
            {%- do columns.append(named.get(name) or name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}


{#
    A label. `question` has the columns that join it to the spine: its key, and the spine's moment of prediction if the label
    has a column of that name. A label without that column has one outcome per key, so the spine may ask about a key once.
#}
{% macro _label(relation, spine) %}
    {%- set label = asof._meta(relation, 'label', ['key', 'labels', 'known_at']) -%}
    {%- do asof._require_columns(label, label.key + label.labels) -%}
    {%- do asof._require_instant(label, label.known_at) -%}
    {%- set question = asof._question_columns(label, spine) -%}
    {%- set label = dict(label, question=question) -%}
    {%- do asof._require_columns(spine, label.key) -%}
    {%- do asof._require_one_kind(label, spine, question, 'key') -%}
    {%- do asof._require_instant(label, spine.as_of) if spine.as_of in question -%}
    {%- do asof._require_test(
        label, 'unique_label_rows', asof._bad_label_rows(label), "a question would have two outcomes",
        by_itself=asof._question_of_label(label) == question
    ) -%}
    {%- do asof._require_one_question_a_key(spine, label) if spine.as_of not in question -%}
    {{ return(label) }}
{% endmacro %}


{% macro _question_columns(label, spine) %}
    {{ return((label.key + ([spine.as_of] if spine.as_of in label.table_columns else [])) | unique | list) }}
{% endmacro %}


{#
    The question of a label as its own test sees it: the label's key, and the moment of each spine that a view joins it to.
    The test knows no view; it finds the spines through the views that read the label.
#}
{% macro _question_of_label(label) %}
    {%- set question = label.key | list -%}
    {%- for view in graph.nodes.values() if label.node.unique_id in view.depends_on.nodes -%}
        {%- for spine in asof._parents_with_role(view, 'spine') if spine.config.meta.asof.as_of in label.table_columns -%}
            {%- do question.append(spine.config.meta.asof.as_of) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(question | unique | list) }}
{% endmacro %}


{# The direct parents of a node whose meta.asof has this role. #}
{% macro _parents_with_role(node, role) %}
    {%- set parents = [] -%}
    {%- for id in node.depends_on.nodes if id in graph.nodes -%}
        {%- if ((graph.nodes[id].config.meta or {}).get('asof') or {}).get('role') == role -%}
            {%- do parents.append(graph.nodes[id]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parents) }}
{% endmacro %}

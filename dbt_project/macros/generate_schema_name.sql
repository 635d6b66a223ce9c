{# A schema is named as configured: dev and prod are two warehouses (targets), not two prefixes. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

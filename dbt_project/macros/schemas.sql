{# A model's schema is the layer that it says, without a prefix of a person or a target. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name or target.schema }}
{%- endmacro %}


{# The catalogue is in memory and made for one build: dbt needs no list of what is in it, which costs a look at every table. #}
{% macro spark__list_relations_without_caching(relation) %}
  {{ return([]) }}
{% endmacro %}

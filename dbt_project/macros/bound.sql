{#
  A build reads temporary views of exact files (spark_jobs/build/bound.py), which have no schema: where dbt says gold.vehicles, its view is
  gold__vehicles. What dbt writes into a query itself, as what a unit test is given, stays as it is.
#}
{% macro ref() %}
  {{ return(bound(builtins.ref(*varargs, **kwargs))) }}
{% endmacro %}


{% macro source() %}
  {{ return(bound(builtins.source(*varargs, **kwargs))) }}
{% endmacro %}


{% macro bound(relation) %}
  {%- if relation.schema and not relation.is_cte -%}
    {{ return(api.Relation.create(identifier=relation.schema ~ '__' ~ relation.identifier)) }}
  {%- endif -%}
  {{ return(relation) }}
{% endmacro %}

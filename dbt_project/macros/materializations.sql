{# A table of days: only the days that are rebuilt are replaced, so that files of all others stay as they are. #}
{% materialization days, adapter='spark' %}
  {{ return(written(sql, config.get('meta')['day'])) }}
{% endmaterialization %}


{# A small table that is written whole each time. #}
{% materialization table, adapter='spark' %}
  {{ return(written(sql, none)) }}
{% endmaterialization %}


{% macro written(sql, day) %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set query = in_order(sql) -%}
  {{ run_hooks(pre_hooks) }}
  {% do get_assert_columns_equivalent(sql) %}
  {% if var('plan', false) %}
    {% call statement('main') %}create or replace view {{ this }} as {{ as_if_written(query, day) }}{% endcall %}
  {% else %}
    {% call statement('main') %}{{ writing(query, day) }}{% endcall %}
  {% endif %}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [target_relation]}) }}
{% endmacro %}


{# The model's rows with the columns in the order of its contract. #}
{% macro in_order(sql) -%}
  {%- set names = [] -%}
  {%- for name in model.columns -%}{%- do names.append(adapter.quote(name)) -%}{%- endfor -%}
  select {{ names | join(', ') }} from (
{{ sql }}
)
{%- endmacro %}


{# Not SQL for Spark alone: the session's cursor (spark_jobs/build/writing.py) runs the query, and commits its rows in the place of those days. #}
{% macro writing(query, day) -%}
  {%- set columns, required = {}, [] -%}
  {%- for column in model.columns.values() -%}
    {%- do columns.update({column.name: column.data_type}) -%}
    {%- for constraint in column.constraints if constraint.type == 'not_null' -%}{%- do required.append(column.name) -%}{%- endfor -%}
  {%- endfor -%}
  {%- set told = {
    'table': this.schema ~ '.' ~ this.identifier,
    'columns': columns,
    'required': required,
    'day': day,
    'ranges': var('days', {}).get(model.name) if day else none,
    'is_anew': model.name in var('anew', []),
    'is_read': model.name in var('read', []),
    'lake': var('lake'),
  } -%}
  -- fleetlake writes {{ tojson(told) }}
{{ query | replace('select ', 'select /*+ rebalance' ~ ('(' ~ day ~ ')' if day else '') ~ ' */ ', 1) }}
{%- endmacro %}


{# What the table would hold: a plan writes nothing. #}
{% macro as_if_written(query, day) -%}
  {%- set days, held = var('days', {}).get(model.name), var('held', {}).get(model.name) -%}
  {%- if day and days is not none and held is not none -%}
    select * from delta.`{{ table_location() }}` version as of {{ held }} where not ({{ in_ranges(day, days) }}) union all
  {% endif -%}
  {{ query }}
{%- endmacro %}


{% macro table_location() -%}
  {{ var('lake') }}/{{ this.schema }}/{{ this.identifier }}
{%- endmacro %}

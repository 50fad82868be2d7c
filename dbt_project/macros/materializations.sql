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
    {% call statement('table') %}{{ table_ddl(day) }}{% endcall %}
    {% call statement('main') %}{{ insertion(query, day) }}{% endcall %}
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


{% macro insertion(query, day) -%}
  {%- set days = var('days', {}).get(model.name) -%}
  {%- set hinted = query | replace('select ', 'select /*+ rebalance' ~ ('(' ~ day ~ ')' if day else '') ~ ' */ ', 1) -%}
  {%- if day and days is not none -%}
    insert into {{ this }} replace where {{ in_ranges(day, days) }} {{ hinted }}
  {%- else -%}
    insert overwrite {{ this }} {{ hinted }}
  {%- endif -%}
{%- endmacro %}


{# What the table would hold: a plan writes nothing. #}
{% macro as_if_written(query, day) -%}
  {%- set days, held = var('days', {}).get(model.name), var('held', {}).get(model.name) -%}
  {%- if day and days is not none and held is not none -%}
    select * from delta.`{{ table_location() }}` version as of {{ held }} where not ({{ in_ranges(day, days) }}) union all
  {% endif -%}
  {{ query }}
{%- endmacro %}


{% macro table_ddl(day) -%}
  {%- set anew = model.name in var('anew', []) -%}
  create {{ 'or replace table' if anew else 'table if not exists' }} {{ this }} (
    {%- for column in model.columns.values() %}
    {{ adapter.quote(column.name) }} {{ column.data_type }}
    {%- for constraint in column.constraints if constraint.type == 'not_null' %} not null{% endfor %}
    {{- "," if not loop.last }}
    {%- endfor %}
  ) using delta
  {% if day %}partitioned by ({{ day }}){% endif %}
  location '{{ table_location() }}'
  tblproperties (
    'delta.deletedFileRetentionDuration' = 'interval 3650 days',
    'delta.logRetentionDuration' = 'interval 3650 days',
    'delta.enableDeletionVectors' = 'false',
    'delta.checkpointInterval' = '20',
    'delta.dataSkippingNumIndexedCols' = '0'
  )
{%- endmacro %}


{% macro table_location() -%}
  {{ var('lake') }}/{{ this.schema }}/{{ this.identifier }}
{%- endmacro %}

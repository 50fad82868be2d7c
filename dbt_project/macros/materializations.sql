{# A table of days: only the days that are rebuilt are replaced, so that files of all others stay as they are. #}
{% materialization days, adapter='spark' %}
  {{ return(written(sql, config.get('meta')['day'])) }}
{% endmaterialization %}


{# A small table that is written whole each time. #}
{% materialization table, adapter='spark' %}
  {{ return(written(sql, none)) }}
{% endmaterialization %}


{# What several models share: a view of the session, as all that a build reads. #}
{% materialization view, adapter='spark' %}
  {{ run_hooks(pre_hooks) }}
  {% call statement('main') %}create or replace temporary view {{ bound(this) }} as {{ sql }}{% endcall %}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [this.incorporate(type='view')]}) }}
{% endmaterialization %}


{% macro written(sql, day) %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks) }}
  {% if var('plan', false) %}
    {% call statement('main') %}create or replace temporary view {{ bound(this) }} as {{ as_if_written(sql, day) }}{% endcall %}
  {% else %}
    {% call statement('main') %}{{ writing(sql, day) }}{% endcall %}
  {% endif %}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [target_relation]}) }}
{% endmacro %}


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
    'clustered': config.get('meta').get('clustered', []),
    'ranges': var('days', {}).get(model.name) if day else none,
    'has_new_code': model.name in var('new_code', []),
    'is_anew': model.name in var('anew', []),
    'is_read': model.name in var('read', []),
    'lake': var('lake'),
    'mark': var('mark'),
  } -%}
  -- fleetlake writes {{ tojson(told) }}
{{ query }}
{%- endmacro %}


{# What the table would hold, with the columns in the order of its contract: a plan writes nothing. #}
{% macro as_if_written(query, day) -%}
  {%- set names = [] -%}
  {%- for name in model.columns -%}{%- do names.append(adapter.quote(name)) -%}{%- endfor -%}
  {%- if day and is_in_part() -%}
    {{ unchanged(day) }} union all
  {% endif -%}
  select {{ names | join(', ') }} from (
{{ query }}
)
{%- endmacro %}


{# This model's rows of the days that it does not rebuild now, as they are released; none where all of it is built. #}
{% macro unchanged(day) -%}
  {%- if is_in_part() -%}
    select * from before__{{ this.schema }}__{{ this.identifier }} where not ({{ in_ranges(day, var('days')[model.name]) }})
  {%- else -%}
    select {% for column in model.columns.values() %}cast(null as {{ column.data_type }}) as {{ column.name }}{{ ', ' if not loop.last }}{% endfor %} where false
  {%- endif -%}
{%- endmacro %}


{# Whether just some days of this model are built, and it has others to stay as they are. #}
{% macro is_in_part() -%}
  {{ return(model.name in var('days', {}) and model.name in var('held', [])) }}
{%- endmacro %}

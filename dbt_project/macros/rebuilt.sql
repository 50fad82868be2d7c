{#
  SQL that holds for the days that this model rebuilds now, which are all where nobody says which.

  back, ahead: also for days at most so many before or after one of them, for models that look at a window.
#}
{% macro rebuilt(column, back=0, ahead=0) -%}
  {%- if execute and model.resource_type == 'model' and model.config.materialized != 'days' -%}
    {{ exceptions.raise_compiler_error(model.name ~ " is no model of days: rebuilt() is for those that are built day by day") }}
  {%- endif -%}
  {%- set ranges = days_of_model() -%}
  {%- if ranges is none -%}
    true
  {%- else -%}
    ({{ in_ranges(column, ranges, back, ahead) }})
  {%- endif -%}
{%- endmacro %}


{#
  [[first, last], …] of the model that is being built; none where the build says nothing of days, as in unit tests.
  A model of months has their first days, of which the first may lie before the calendar.
#}
{% macro days_of_model() -%}
  {%- set first = var('first_day', none) -%}
  {%- set begin = (first | string)[:8] ~ '01' if first and model.config.get('meta', {}).get('day') == 'month_on' else first -%}
  {%- set whole = [[begin, var('last_day')]] if first else none -%}
  {{ return(var('days', {}).get(model.name, whole)) }}
{%- endmacro %}


{% macro in_ranges(column, ranges, back=0, ahead=0) -%}
  {%- set day = modules.datetime.date.fromisoformat -%}
  {%- set by = modules.datetime.timedelta -%}
  {%- for first, last in ranges -%}
    {{ column }} between date'{{ day(first | string) - by(days=back) }}' and date'{{ day(last | string) + by(days=ahead) }}'
    {{- " or " if not loop.last }}
  {%- else -%}
    false
  {%- endfor -%}
{%- endmacro %}


{# The first and the last of the days that this model rebuilds now, so that SQL need not go beyond them; there may be others between. #}
{% macro first_rebuilt() -%}
  {%- set ranges = days_of_model() or [['0001-01-01', none]] -%}
  date'{{ ranges | map('first') | min }}'
{%- endmacro %}


{% macro last_rebuilt() -%}
  {%- set ranges = days_of_model() or [[none, '9999-12-30']] -%}
  date'{{ ranges | map('last') | max }}'
{%- endmacro %}

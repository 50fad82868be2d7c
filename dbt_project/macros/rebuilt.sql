{#
  SQL that holds for the days that this model rebuilds now, which are all where nobody says which.

  back, ahead: also for days at most so many before or after one of them, for models that look at a window.
  of: the model beyond the calendar that a view is made for.
#}
{% macro rebuilt(column, back=0, ahead=0, of=none) -%}
  {%- if execute and model.resource_type == 'model' and model.config.materialized != 'days' and not of -%}
    {{ exceptions.raise_compiler_error(model.name ~ " is no model of days: rebuilt() is for those that are built day by day") }}
  {%- endif -%}
  {%- set ranges = days_of_model(of) -%}
  {%- if ranges is none -%}
    true
  {%- else -%}
    ({{ in_ranges(column, ranges, back, ahead) }})
  {%- endif -%}
{%- endmacro %}


{# SQL that holds for the times [begin, end) that touch a day which a model rebuilds now. #}
{% macro touches_rebuilt(begin, end, of) -%}
  {%- set ranges = days_of_model(of) -%}
  {%- if ranges is none -%}
    true
  {%- else -%}
    (
    {%- for first, last in ranges -%}
      ({{ begin }} < date_add(date'{{ last }}', 1) and {{ end }} > date'{{ first }}'){{ ' or ' if not loop.last }}
    {%- else -%}
      false
    {%- endfor -%}
    )
  {%- endif -%}
{%- endmacro %}


{#
  [[first, last], …] of the model that is being built; none where the build says nothing of days, as in unit tests.
  A model of months has their first days, of which the first may lie before the calendar; one that is beyond the calendar is not bound to it.
#}
{% macro days_of_model(of=none) -%}
  {%- set is_beyond = of or model.config.get('meta', {}).get('beyond_calendar') -%}
  {%- set first = none if is_beyond else var('first_day', none) -%}
  {%- set begin = (first | string)[:8] ~ '01' if first and model.config.get('meta', {}).get('day') == 'month_on' else first -%}
  {%- set whole = [[begin, var('last_day')]] if first else none -%}
  {{ return(var('days', {}).get(of or model.name, whole)) }}
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

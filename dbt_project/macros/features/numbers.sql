{# A moment in ms and a number below 2^17 as one bigint: the greatest of them is the last one, `% 131072` gives the number. #}
{% macro last_number(number) -%}
  max(unix_millis(occurred_at) * 131072 + {{ number }})
{%- endmacro %}


{# A part of a whole as float, null where the whole is 0. #}
{% macro share_of(part, whole) -%}
  cast({{ part }} / nullif(cast({{ whole }} as double), 0) as float)
{%- endmacro %}

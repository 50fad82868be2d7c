{# The median, the 95th and the 99th percentile of a column, each a value that occurs: an array in one pass, under the column's name. #}
{% macro percentiles(column) -%}
    cast(percentile_disc(array(0.5, 0.95, 0.99)) within group(order by {{ column }}) as array<bigint>) as {{ column }}
{%- endmacro %}


{# The three columns of such an array: `time` is the name of a column of milliseconds without its _ms. #}
{% macro percentile_columns(relation, time) -%}
    {%- for name in ['p50', 'p95', 'p99'] %}
        {{ relation }}.{{ time }}_ms[{{ loop.index0 }}] as {{ time }}_{{ name }}_ms{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

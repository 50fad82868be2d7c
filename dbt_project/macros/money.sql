{#
  Money is counted in whole units of its last decimal: sums, splits and quotients of whole numbers are exact, while Spark takes decimals off
  the result of an operation on two decimal(38, 18).
#}

{# An amount in units of its decimal number `scale`, at most 18. #}
{% macro to_units(amount, scale=18) -%}
  cast({{ amount }} * cast(rpad('1', {{ scale }} + 1, '0') as decimal(19, 0)) as decimal(38, 0))
{%- endmacro %}


{# The inverse; what has more than 18 decimals is rounded half up. #}
{% macro from_units(units, scale=18) -%}
  cast(concat(cast({{ units }} as string), 'e-', {{ scale }}) as decimal(38, 18))
{%- endmacro %}


{# amount × 10^power / number, rounded half up at 18 decimals; null where the number is 0 or null. #}
{% macro unit_cost(amount, number, power=0) -%}
  {%- set twice = "(2 * abs(" ~ to_units(amount) ~ ") * cast(1" ~ '0' * power ~ " as decimal(38, 0)) + " ~ number ~ ")" -%}
  case
    when {{ number }} > 0
      then {{ from_units("cast(if(" ~ amount ~ " < 0, -1, 1) * ((" ~ twice ~ " - " ~ twice ~ " % (2 * " ~ number ~ ")) / (2 * " ~ number ~ ")) as decimal(38, 0))") }}
  end
{%- endmacro %}


{#
  Splits the whole number `units` ≥ 0 among the rows of `rows` that have the same `within`, by largest remainder: each gets
  floor(units × weight / sum of weights) as `part`, and what is left goes one by one to those with the greatest remainder, ties in the order of `ties`.
  The parts sum to exactly `units`: the remainders sum to what is left × the sum of weights, each is less than that sum, so more rows have one than units
  are left. units × weight must stay below 10^38; more raises an error.
#}
{% macro largest_remainder(rows, within, ties) -%}
  {%- set group = within | join(', ') -%}
    select
        * except (weights, remainder, whole),
        whole + if(row_number() over (partition by {{ group }} order by remainder desc, {{ ties | join(', ') }}) <= units - sum(whole) over (partition by {{ group }}), 1, 0) as part
    from (
        select
            *,
            cast((units * weight - remainder) / weights as decimal(38, 0)) as whole
        from (
            select
                *,
                units * weight % weights as remainder
            from (
                select
                    *,
                    sum(weight) over (partition by {{ group }}) as weights
                from {{ rows }}
            )
        )
    )
{%- endmacro %}

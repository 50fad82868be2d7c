{#
  The rows of a relation without what would tell of fewer than smallest_cell vehicles: a whole select.

  within: columns inside whose combinations totals and parts belong together; slices: columns that say 'all' in totals.
  counts: for each column that counts vehicles the columns that were computed over just these vehicles; of: the count that a count is a part of,
  so that a zero of a few is not told either; sums: for a count the counts of the same row that add up to it; keep: columns that tell of nobody.
#}
{% macro withheld(relation, within, slices, counts, of={}, sums={}, keep=[]) -%}
  {%- set names = counts.keys() | list -%}
  {%- set hiders = {} -%}
  {%- for name, values in counts.items() -%}
    {%- for value in [name] + values -%}
      {%- do hiders.update({value: hiders.get(value, 0) + 2 ** names.index(name)}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- set rule = withholding_rule(names, of, sums) -%}
  {%- if var('smallest_cell', 20) | int <= 1 -%}
select
    {%- for name in within + slices + keep + hiders.keys() | list %}
    {{ name }},
    {%- endfor %}
    false as is_withheld
from {{ relation }}
  {%- else -%}
select
    {%- for name in within %}
    {{ name }},
    {%- endfor %}
    {%- for name in slices + keep %}
    row.cells.{{ name }} as {{ name }},
    {%- endfor %}
    {%- for name, bits in hiders.items() %}
    if(row.hidden & {{ bits }} = 0, row.cells.{{ name }}, null) as {{ name }},
    {%- endfor %}
    row.hidden <> 0 as is_withheld
from (
    select
        {{ within | join(', ') }},
        explode(arrays_zip(cells, hidden)) as row
    from (
        select
            *,
            withheld_cells(
                transform(cells, cell -> struct({% for name in slices %}cell.{{ name }}{{ ', ' if not loop.last }}{% endfor %})),
                transform(cells, cell -> array({% for name in names %}cell.{{ name }}{{ ', ' if not loop.last }}{% endfor %})),
                '{{ rule }}'
            ) as hidden
        from (
            select
                {{ within | join(', ') }},
                collect_list(struct({{ (slices + keep + hiders.keys() | list) | join(', ') }})) as cells
            from {{ relation }}
            group by {{ within | join(', ') }}
        )
    )
)
  {%- endif -%}
{%- endmacro %}


{# What withheld_cells is told, with counts by their place. #}
{% macro withholding_rule(names, of, sums) -%}
  {%- set parts, wholes = {}, {} -%}
  {%- for part, whole in of.items() -%}{%- do parts.update({names.index(part): names.index(whole)}) -%}{%- endfor -%}
  {%- for whole, addends in sums.items() -%}
    {%- set places = [] -%}
    {%- for addend in addends -%}{%- do places.append(names.index(addend)) -%}{%- endfor -%}
    {%- do wholes.update({names.index(whole): places}) -%}
  {%- endfor -%}
  {{ tojson({'smallest': var('smallest_cell', 20) | int, 'of': parts, 'sums': wholes}) }}
{%- endmacro %}

-- What tables hold of each day by the newest measurement of it; a table without days has one row without a day.
with

measured as (

    select
        *,
        row_number() over (partition by table_name, day order by measurement desc) as newest,
        min(measured_at) over (partition by table_name) as first_measured_at
    from {{ source('ops', 'table_stats') }}

)

select
    table_name,
    split_part(table_name, '.', 1) as layer,
    split_part(table_name, '.', 2) as name,
    day,
    coalesce(day, cast(first_measured_at as date)) as stored_from,
    files,
    small_files,
    size_bytes,
    small_bytes
from measured
where newest = 1 and files > 0

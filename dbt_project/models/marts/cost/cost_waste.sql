with

table_days as (

    select * from {{ ref('int_table_days') }}

),

newest as (

    select max(measured_at) as measured_at from {{ source('ops', 'table_stats') }}

),

sizes as (

    select
        table_name,
        layer,
        sum(size_bytes) as size_bytes,
        sum(if(small_files > 8, small_bytes, 0)) as small_bytes,
        sum(sum(size_bytes)) over () as lake_bytes
    from table_days
    group by table_name, layer

),

recently_read as (

    select explode(from_json(reads.tables, 'array<string>')) as table_name
    from {{ source('ops', 'reads') }} as reads
    cross join newest
    where reads.began_at > newest.measured_at - interval 30 days

),

unused as (

    select
        'unused_table' as kind,
        sizes.table_name as subject,
        sizes.size_bytes as quantity,
        'bytes' as unit,
        sizes.size_bytes / sizes.lake_bytes as share
    from sizes
    left anti join recently_read on sizes.table_name = recently_read.table_name
    where sizes.layer in ('silver', 'gold')

),

small as (

    select
        'small_files' as kind,
        table_name as subject,
        small_bytes as quantity,
        'bytes' as unit,
        small_bytes / size_bytes as share
    from sizes

),

runs as (

    select
        jobs.job,
        cast(floor(jobs.seconds * jobs.cores * 1000) as bigint) as held_ms,
        cast(floor(greatest(jobs.seconds * jobs.cores - jobs.cpu_seconds, 0) * 1000) as bigint) as idle_ms
    from {{ source('ops', 'job_costs') }} as jobs
    cross join newest
    where jobs.ended_at > newest.measured_at - interval 30 days

),

idle as (

    select
        'idle' as kind,
        job as subject,
        sum(idle_ms) as quantity,
        'core_ms' as unit,
        sum(idle_ms) / nullif(sum(held_ms), 0) as share
    from runs
    group by job

),

waste as (

    select * from unused
    union all
    select * from small
    union all
    select * from idle

)

select * from waste
where quantity > 0

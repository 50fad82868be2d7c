-- Every measured quantity above 0, by day, driver and owner: of events, of the lake's tables and of its jobs.
with

of_events as (

    select
        measured_on,
        driver,
        owner_kind,
        owner_id,
        quantity
    from {{ ref('cost_drivers_daily') }}
    where vehicles >= {{ var('smallest_cell', 1) }} -- a split by another's quantity would show what few did

),

of_tables as (

    select
        day as measured_on,
        'bytes' as driver,
        'service' as owner_kind,
        name as owner_id,
        sum(size_bytes) as quantity
    from {{ ref('int_table_days') }}
    where layer in ('bronze', 'silver') and day is not null
    group by day, name

),

of_jobs as (

    select
        cast(ended_at as date) as measured_on,
        'cpu_ms' as driver,
        'service' as owner_kind,
        job as owner_id,
        sum(cast(floor(cpu_seconds * 1000) as bigint)) as quantity
    from {{ source('ops', 'job_costs') }}
    group by cast(ended_at as date), job

),

measured as (

    select * from of_events
    union all
    select * from of_tables
    union all
    select * from of_jobs

)

select * from measured
where quantity > 0

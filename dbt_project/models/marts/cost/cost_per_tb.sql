with

costs as (

    select
        charged_on,
        sum(effective_cost_eur) as cost_eur,
        sum(if(service_category = 'Storage', effective_cost_eur, null)) as storage_eur -- null on a day without such a charge
    from {{ ref('cost_allocation') }}
    group by charged_on

),

landed as (

    select
        day,
        sum(size_bytes) as size_bytes
    from {{ ref('int_table_days') }}
    where layer = 'bronze' and day is not null
    group by day

),

added as (

    select
        stored_from,
        sum(size_bytes) as size_bytes
    from {{ ref('int_table_days') }}
    group by stored_from

),

stored as (

    select
        costs.charged_on,
        sum(added.size_bytes) as size_bytes
    from costs
    inner join added on costs.charged_on >= added.stored_from
    group by costs.charged_on

),

kinds as (

    select
        costs.charged_on,
        'landed' as kind,
        landed.size_bytes as bytes,
        costs.cost_eur
    from costs
    inner join landed on costs.charged_on = landed.day
    union all
    select
        costs.charged_on,
        'stored' as kind,
        stored.size_bytes as bytes,
        {{ from_units('(' ~ to_units('costs.storage_eur') ~ ' * dayofmonth(last_day(costs.charged_on)))') }} as cost_eur
    from costs
    inner join stored on costs.charged_on = stored.charged_on
    where costs.storage_eur is not null

)

select
    charged_on,
    kind,
    bytes,
    cost_eur,
    {{ unit_cost('cost_eur', 'bytes', 12) }} as cost_eur_per_tb
from kinds
where bytes > 0

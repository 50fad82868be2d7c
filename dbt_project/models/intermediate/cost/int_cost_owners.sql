-- Who owns what is charged for an application or a service on a day, and which share of 10^12 of it: by the first step that finds anybody.
with

claims as (

    select
        application,
        service_name,
        charged_on
    from {{ ref('int_charge_days') }}
    where {{ rebuilt('charged_on', of='cost_allocation') }}
    group by application, service_name, charged_on

),

rules as (

    select
        claims.*,
        rules.driver,
        rules.is_even
    from claims
    inner join {{ ref('cost_rules') }} as rules
        on
            claims.service_name = rules.service_name
            and claims.charged_on >= rules.from_on
            and (claims.charged_on < rules.to_on or rules.to_on is null)
    where claims.application is null

),

tagged as (

    select
        claims.*,
        1 as step,
        'tag' as method,
        cast(null as string) as driver,
        cast(null as bigint) as driver_quantity,
        coalesce(owners.owner_kind, if(features.feature_id is null, 'service', 'feature')) as owner_kind,
        coalesce(owners.owner_id, claims.application) as owner_id,
        cast(1 as decimal(38, 0)) as weight
    from claims
    left join {{ ref('cost_owners') }} as owners
        on
            claims.application = owners.application
            and claims.charged_on >= owners.from_on
            and (claims.charged_on < owners.to_on or owners.to_on is null)
    left join {{ ref('feature_catalogue') }} as features on claims.application = features.feature_id
    where claims.application is not null

),

driven as (

    select
        rules.application,
        rules.service_name,
        rules.charged_on,
        2 as step,
        'driver' as method,
        drivers.driver,
        drivers.quantity as driver_quantity,
        drivers.owner_kind,
        drivers.owner_id,
        cast(drivers.quantity as decimal(38, 0)) as weight
    from rules
    inner join {{ ref('int_cost_drivers') }} as drivers
        on
            rules.driver = drivers.driver
            and rules.charged_on = drivers.measured_on

),

shares as (

    select
        claims.*,
        shares.owner_kind,
        shares.owner_id,
        cast(shares.share * 1000000000000 as decimal(38, 0)) as weight
    from claims
    inner join {{ ref('cost_shares') }} as shares
        on
            claims.service_name = shares.service_name
            and claims.charged_on >= shares.from_on
            and (claims.charged_on < shares.to_on or shares.to_on is null)
    where claims.application is null

),

left_over as (

    select
        application,
        service_name,
        charged_on,
        1000000000000 - sum(weight) as weight
    from shares
    group by application, service_name, charged_on
    having sum(weight) < 1000000000000

),

fixed as (

    select
        application,
        service_name,
        charged_on,
        3 as step,
        'fixed' as method,
        cast(null as string) as driver,
        cast(null as bigint) as driver_quantity,
        owner_kind,
        owner_id,
        weight
    from shares
    union all
    select
        application,
        service_name,
        charged_on,
        3 as step,
        'unallocated' as method,
        cast(null as string) as driver,
        cast(null as bigint) as driver_quantity,
        'unallocated' as owner_kind,
        'unallocated' as owner_id,
        weight
    from left_over

),

even as (

    select
        rules.application,
        rules.service_name,
        rules.charged_on,
        4 as step,
        'even' as method,
        cast(null as string) as driver,
        cast(null as bigint) as driver_quantity,
        'feature' as owner_kind,
        features.feature_id as owner_id,
        cast(1 as decimal(38, 0)) as weight
    from rules
    cross join {{ ref('feature_catalogue') }} as features
    where rules.is_even

),

nobodys as (

    select
        *,
        5 as step,
        'unallocated' as method,
        cast(null as string) as driver,
        cast(null as bigint) as driver_quantity,
        'unallocated' as owner_kind,
        'unallocated' as owner_id,
        cast(1 as decimal(38, 0)) as weight
    from claims

),

found as (

    select * from tagged
    union all
    select * from driven
    union all
    select * from fixed
    union all
    select * from even
    union all
    select * from nobodys

),

first_steps as (

    select
        *,
        cast(1000000000000 as decimal(38, 0)) as units,
        min(step) over (partition by application, service_name, charged_on) as first_step
    from found

),

chosen as (

    select * except (step, first_step)
    from first_steps
    where step = first_step

),

split as (

    {{ largest_remainder('chosen', ['application', 'service_name', 'charged_on'], ['owner_kind', 'owner_id']) }}

)

select
    application,
    service_name,
    charged_on,
    method,
    driver,
    driver_quantity,
    owner_kind,
    owner_id,
    part as share
from split

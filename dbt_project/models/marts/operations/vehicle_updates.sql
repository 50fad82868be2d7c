with

calendar as (

    select day from {{ ref('calendar') }}

),

ota_updates as (

    select
        steps.campaign_id,
        steps.vehicle_key,
        steps.step,
        steps.occurred_on,
        steps.received_at
    from {{ source('silver', 'ota_updates') }} as steps
    left semi join calendar on steps.occurred_on = calendar.day

),

vehicles as (

    select
        campaign_id,
        vehicle_key,
        min(received_at) as first_received_at,
        min(occurred_on) as joined_on,
        bool_or(step <> 'targeted') as is_offered,
        bool_or(step not in ('targeted', 'offered')) as is_accepted,
        bool_or(step in ('downloaded', 'installed', 'succeeded', 'rolled_back')) as is_downloaded,
        bool_or(step in ('installed', 'succeeded', 'rolled_back')) as is_installed,
        case
            when bool_or(step = 'rolled_back') then 'rolled_back'
            when bool_or(step = 'succeeded') then 'succeeded'
            when bool_or(step = 'failed') then 'failed'
            else 'open'
        end as outcome,
        min(if(step = 'succeeded', received_at, null)) as success_received_at,
        min(if(step = 'succeeded', occurred_on, null)) as success_on
    from ota_updates
    group by campaign_id, vehicle_key

),

in_campaign as (

    select
        campaign_id,
        vehicle_key,
        min(first_received_at) over (partition by campaign_id) as begun_at,
        joined_on,
        is_offered,
        is_accepted,
        is_downloaded,
        is_installed,
        outcome,
        if(outcome = 'succeeded', success_received_at, null) as succeeded_at,
        if(outcome = 'succeeded', success_on, null) as updated_on,
        min(joined_on) over (partition by campaign_id) as from_on
    from vehicles

),

one_day as (

    select
        *,
        date_add(from_on, 1) as to_on
    from in_campaign

)

select * from one_day

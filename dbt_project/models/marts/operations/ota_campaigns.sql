with

updates as (

    select * from {{ ref('vehicle_updates') }}

),

vehicles as (

    select * from {{ ref('vehicles') }}

),

described as (

    select
        updates.*,
        coalesce(vehicles.model, 'unknown') as model
    from updates
    left join vehicles
        on
            updates.vehicle_key = vehicles.vehicle_key
            and updates.joined_on >= vehicles.from_on
            and (vehicles.to_on is null or updates.joined_on < vehicles.to_on)

),

sliced as (

    select
        campaign_id,
        begun_at,
        if(grouping(model) = 1, 'all', model) as model,
        count(*) as targeted,
        count_if(is_offered) as offered,
        count_if(is_accepted) as accepted,
        count_if(is_downloaded) as downloaded,
        count_if(is_installed) as installed,
        count_if(outcome = 'succeeded') as succeeded,
        count_if(outcome = 'failed') as failed,
        count_if(outcome = 'rolled_back') as rolled_back,
        cast(percentile_disc(0.9) within group(order by unix_millis(succeeded_at)) as bigint) as ninth_tenth_ms
    from described
    group by grouping sets ((campaign_id, begun_at, model), (campaign_id, begun_at))

),

rated as (

    select
        *,
        offered / targeted as reach,
        succeeded / nullif(installed, 0) as install_success,
        rolled_back / nullif(installed, 0) as rollback_rate,
        ninth_tenth_ms - unix_millis(begun_at) as to_90_percent_ms
    from sliced

),

published as (

    {{ withheld(
        'rated',
        within=['campaign_id'],
        slices=['model'],
        keep=['begun_at'],
        counts={
            'targeted': ['reach'],
            'offered': ['reach'],
            'accepted': [],
            'downloaded': [],
            'installed': ['install_success', 'rollback_rate'],
            'succeeded': ['install_success', 'to_90_percent_ms'],
            'failed': [],
            'rolled_back': ['rollback_rate'],
        }) }}

)

select * from published

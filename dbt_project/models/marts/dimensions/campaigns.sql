with

steps as (

    select * from {{ source('silver', 'ota_updates') }}

),

campaigns as (

    select
        campaign_id,
        'software' as kind,
        max_by(to_version, struct(occurred_at, vehicle_key, event_id)) as to_version,
        min(occurred_on) as began_on,
        max(occurred_on) as latest_on
    from steps
    group by campaign_id

)

select * from campaigns

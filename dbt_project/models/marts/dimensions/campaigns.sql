with

steps as (

    select * from {{ source('silver', 'ota_updates') }}

),

recalled as (

    select * from {{ source('silver', 'recalls') }}

),

campaigns as (

    select
        campaign_id,
        'software' as kind,
        max_by(to_version, struct(occurred_at, vehicle_key, event_id)) as to_version,
        min(occurred_on) as began_on,
        max(occurred_on) as latest_on,
        cast(null as bigint) as models,
        cast(null as int) as first_model_year,
        cast(null as int) as last_model_year
    from steps
    group by campaign_id
    union all
    select
        campaign_id,
        'recall' as kind,
        cast(null as string) as to_version,
        cast(null as date) as began_on,
        cast(null as date) as latest_on,
        count(distinct make, model) as models,
        min(model_year) as first_model_year,
        max(model_year) as last_model_year
    from recalled
    group by campaign_id

)

select * from campaigns

with

requests as (

    select
        occurred_on,
        'requests' as driver,
        'service' as owner_kind,
        service as owner_id,
        vehicle_key,
        1 as quantity
    from {{ source('silver', 'api_requests') }}
    where {{ rebuilt('occurred_on') }}

),

tokens as (

    select
        occurred_on,
        'tokens' as driver,
        'service' as owner_kind,
        'assistant' as owner_id,
        vehicle_key,
        coalesce(tokens_in, 0) + coalesce(tokens_out, 0) as quantity
    from {{ source('silver', 'assistant_interactions') }}
    where {{ rebuilt('occurred_on') }}

),

feature_rows as (

    select
        occurred_on,
        'rows' as driver,
        'feature' as owner_kind,
        feature_id as owner_id,
        vehicle_key,
        1 as quantity
    from {{ source('silver', 'feature_usage') }}
    where {{ rebuilt('occurred_on') }}

),

measured as (

    select * from requests
    union all
    select * from tokens
    union all
    select * from feature_rows

),

per_day as (

    select
        occurred_on as measured_on,
        driver,
        owner_kind,
        owner_id,
        sum(quantity) as quantity,
        count(distinct vehicle_key) as vehicles
    from measured
    where quantity > 0
    group by occurred_on, driver, owner_kind, owner_id

)

select * from per_day

with

feature_vehicle_days as (

    select * from {{ ref('feature_vehicle_days') }}

),

first_uses as (

    select
        vehicle_key,
        feature_id,
        min(used_on) as from_on,
        cast(null as date) as to_on
    from feature_vehicle_days
    where is_eligible and successes > 0
    group by vehicle_key, feature_id

)

select * from first_uses

with

active_days as (

    select * from {{ ref('feature_vehicle_days') }}
    where is_eligible and successes > 0 and {{ rebuilt('used_on') }}

),

earlier as ( -- a day that is rebuilt has all later ones rebuilt with it

    {{ unchanged('from_on') }}

),

first_uses as (

    select
        vehicle_key,
        feature_id,
        min(used_on) as from_on,
        cast(null as date) as to_on
    from active_days
    group by vehicle_key, feature_id

),

new as (

    select first_uses.*
    from first_uses
    left anti join earlier
        on
            first_uses.vehicle_key = earlier.vehicle_key
            and first_uses.feature_id = earlier.feature_id

)

select * from new

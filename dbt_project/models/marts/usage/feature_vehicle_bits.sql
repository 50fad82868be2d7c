with

active_days as (

    select
        vehicle_key,
        feature_id,
        used_on,
        unix_date(used_on) as day
    from {{ ref('feature_vehicle_days') }}
    where is_eligible and successes > 0 and {{ rebuilt('used_on', back=27) }}

),

vehicle_features as (

    select * from {{ ref('vehicle_features') }}
    where from_on <= {{ last_rebuilt() }} and (to_on is null or to_on > {{ first_rebuilt() }})

),

vehicles as (

    select * from {{ ref('vehicles') }}
    where from_on <= {{ last_rebuilt() }} and (to_on is null or to_on > {{ first_rebuilt() }})

),

active_windows as ( -- after an active day the same days are remembered until the next one, each a bit further away

    select
        vehicle_key,
        feature_id,
        used_on,
        aggregate(
            collect_list(day) over (partition by vehicle_key, feature_id order by day range between 27 preceding and current row),
            0,
            (bits, active) -> bits | shiftleft(1, day - active)
        ) as bits,
        least(
            date_add(used_on, 27),
            date_sub(lead(used_on) over (partition by vehicle_key, feature_id order by day), 1),
            {{ last_rebuilt() }}
        ) as until_on
    from active_days

),

counted_days as (

    select
        vehicle_key,
        feature_id,
        counted_on,
        shiftleft(bits, datediff(counted_on, used_on)) & 268435455 as bits
    from active_windows
        lateral view explode(sequence(greatest(used_on, {{ first_rebuilt() }}), until_on)) as counted_on
    where until_on >= {{ first_rebuilt() }} and {{ rebuilt('counted_on') }}

),

as_of_day as (

    select
        counted_days.counted_on,
        counted_days.vehicle_key,
        counted_days.feature_id,
        vehicles.model,
        vehicles.market,
        vehicles.sw_version,
        vehicle_features.is_eligible,
        counted_days.bits
    from counted_days
    inner join vehicle_features
        on
            counted_days.vehicle_key = vehicle_features.vehicle_key
            and counted_days.feature_id = vehicle_features.feature_id
            and counted_days.counted_on >= vehicle_features.from_on
            and (vehicle_features.to_on is null or counted_days.counted_on < vehicle_features.to_on)
    inner join vehicles
        on
            counted_days.vehicle_key = vehicles.vehicle_key
            and counted_days.counted_on >= vehicles.from_on
            and (vehicles.to_on is null or counted_days.counted_on < vehicles.to_on)

)

select * from as_of_day

with

events as (

    select
        *,
        coalesce(correlation_id, event_id) as attempt,
        action in ('started', 'stopped') as is_use
    from {{ source('silver', 'feature_usage') }}
    where {{ rebuilt('occurred_on') }}

),

vehicles as (

    select * from {{ ref('vehicles') }}
    where from_on <= {{ last_rebuilt() }} and (to_on is null or to_on > {{ first_rebuilt() }})

),

vehicle_features as (

    select * from {{ ref('vehicle_features') }}
    where from_on <= {{ last_rebuilt() }} and (to_on is null or to_on > {{ first_rebuilt() }})

),

attempts as (

    select
        occurred_on as used_on,
        vehicle_key,
        feature_id,
        bool_or(is_use and outcome = 'done') as is_success,
        sum(coalesce(duration_ms, 0)) as duration_ms
    from events
    group by occurred_on, vehicle_key, feature_id, attempt
    having bool_or(is_use)

),

uses as (

    select
        used_on,
        vehicle_key,
        feature_id,
        count(*) as uses,
        count_if(is_success) as successes,
        sum(duration_ms) as duration_ms
    from attempts
    group by used_on, vehicle_key, feature_id

),

as_of_day as (

    select
        uses.used_on,
        uses.vehicle_key,
        uses.feature_id,
        coalesce(vehicles.model, 'unknown') as model,
        coalesce(vehicles.market, 'unknown') as market,
        coalesce(vehicles.sw_version, 'unknown') as sw_version,
        coalesce(vehicle_features.is_eligible, false) as is_eligible,
        uses.uses,
        uses.successes,
        uses.duration_ms
    from uses
    left join vehicles
        on
            uses.vehicle_key = vehicles.vehicle_key
            and uses.used_on >= vehicles.from_on
            and (vehicles.to_on is null or uses.used_on < vehicles.to_on)
    left join vehicle_features
        on
            uses.vehicle_key = vehicle_features.vehicle_key
            and uses.feature_id = vehicle_features.feature_id
            and uses.used_on >= vehicle_features.from_on
            and (vehicle_features.to_on is null or uses.used_on < vehicle_features.to_on)

)

select * from as_of_day

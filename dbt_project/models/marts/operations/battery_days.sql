with

reports as (

    select
        occurred_on as reported_on,
        vehicle_key,
        struct(occurred_at, event_id) as at,
        cast(round(state_of_health_percent * 1000) as bigint) as state_of_health_millipercent,
        odometer_m
    from {{ source('silver', 'vehicle_signals') }}
    where
        state_of_health_percent is not null
        and odometer_m is not null
        and {{ rebuilt('occurred_on') }}

),

last_of_day as (

    select
        reported_on,
        vehicle_key,
        max_by(state_of_health_millipercent, at) as state_of_health_millipercent,
        max_by(odometer_m, at) as odometer_m
    from reports
    group by reported_on, vehicle_key

)

select * from last_of_day

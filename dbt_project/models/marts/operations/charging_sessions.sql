with

charging as (

    select
        vehicle_key,
        session_id,
        step,
        occurred_on,
        location_kind,
        stop_reason,
        energy_wh,
        struct(occurred_at, received_at, event_id) as at
    from {{ source('silver', 'charging') }}
    where
        step in ('started', 'stopped')
        and {{ rebuilt('occurred_on', back=1, ahead=1) }}

),

-- a start matters to its own day and, since it is not begun again, to the next; a stop to its own day and the one before
steps as (

    select
        charging.*,
        explode(
            array(occurred_on, if(step = 'started', date_add(occurred_on, 1), date_sub(occurred_on, 1)))
        ) as started_on
    from charging

),

sessions as (

    select
        started_on,
        vehicle_key,
        session_id,
        min(if(step = 'started' and occurred_on = started_on, struct(at, location_kind), null)) as first_start,
        max(if(step = 'stopped', struct(at, stop_reason, energy_wh), null)) as last_stop,
        bool_or(step = 'started' and occurred_on < started_on) as is_going_on
    from steps
    where {{ rebuilt('started_on') }}
    group by started_on, vehicle_key, session_id

),

ended as (

    select
        started_on,
        vehicle_key,
        session_id,
        coalesce(first_start.location_kind, 'unknown') as location_kind,
        case
            when last_stop is null then 'open'
            when last_stop.stop_reason in ('target_reached', 'user') then 'succeeded'
            when last_stop.stop_reason in ('vehicle_fault', 'station_fault') then last_stop.stop_reason
            else 'other'
        end as ending,
        last_stop.energy_wh
    from sessions
    where first_start is not null and not is_going_on

)

select * from ended

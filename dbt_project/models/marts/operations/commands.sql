with

remote_commands as (

    select
        vehicle_key,
        command_id,
        command,
        step,
        occurred_on,
        occurred_at,
        received_at,
        event_id
    from {{ source('silver', 'remote_commands') }}
    where {{ rebuilt('occurred_on', ahead=1) }}

),

-- a step belongs to a command of its day, or of the day before; a request only to its own day
steps as (

    select
        remote_commands.*,
        explode(
            if(step = 'requested', array(occurred_on), array(occurred_on, date_sub(occurred_on, 1)))
        ) as requested_on
    from remote_commands

),

with_request as (

    select
        *,
        min(if(step = 'requested', struct(occurred_at, received_at, event_id, command), null)) over (
            partition by requested_on, vehicle_key, command_id
        ) as request
    from steps
    where {{ rebuilt('requested_on') }}

),

in_time as (

    select
        requested_on,
        vehicle_key,
        command_id,
        step,
        request.command,
        unix_millis(received_at) - unix_millis(request.received_at) as after_ms
    from with_request
    where occurred_at <= request.occurred_at + interval 24 hours

),

ended as (

    select
        requested_on,
        vehicle_key,
        command_id,
        command,
        case
            when bool_or(step = 'executed') then 'executed'
            when bool_or(step = 'failed') then 'failed'
            when bool_or(step = 'expired') then 'expired'
            when bool_or(step = 'cancelled') then 'cancelled'
            else 'open'
        end as state,
        bool_or(step in ('delivered', 'executed')) as is_delivered,
        min(if(step = 'delivered', after_ms, null)) as to_delivered_ms,
        min(if(step = 'executed', after_ms, null)) as to_executed_ms
    from in_time
    group by requested_on, vehicle_key, command_id, command

)

select * from ended

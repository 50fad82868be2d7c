with
requests as (
    select occurred_on as requested_on, vehicle_key, command_id, command, occurred_at, received_at
    from silver.remote_commands semi join calendar on day = occurred_on
    where step = 'requested'
    qualify row_number() over (partition by vehicle_key, command_id, occurred_on order by occurred_at, received_at, event_id) = 1
),
taken as (
    select r.requested_on, r.vehicle_key, r.command_id, r.command, epoch_ms(r.received_at) as asked_ms, list(s.step) as steps,
        epoch_ms(min(s.received_at) filter (s.step = 'delivered')) as delivered_ms, epoch_ms(min(s.received_at) filter (s.step = 'executed')) as executed_ms
    from requests r
    join silver.remote_commands s on s.vehicle_key = r.vehicle_key and s.command_id = r.command_id
        and s.occurred_on between r.requested_on and r.requested_on + 1 and s.occurred_at <= r.occurred_at + interval 24 hours
    group by all
)
select requested_on, vehicle_key, command_id, command,
    coalesce(list_filter(['executed', 'failed', 'expired', 'cancelled'], lambda state: list_contains(steps, state))[1], 'open') as state,
    list_has_any(steps, ['delivered', 'executed']) as is_delivered, delivered_ms - asked_ms as to_delivered_ms, executed_ms - asked_ms as to_executed_ms
from taken

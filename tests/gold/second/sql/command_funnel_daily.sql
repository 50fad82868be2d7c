with
located as (
    select c.*, coalesce(s.market, 'unknown') as market
    from commands c left join states s on s.day = c.requested_on and s.vehicle_key = c.vehicle_key
),
counted as (
    select requested_on, coalesce(command, 'all') as command, coalesce(market, 'all') as market, count(distinct vehicle_key) as vehicles,
        count(*) as commands, count(*) filter (is_delivered) as delivered, count(*) filter (state = 'executed') as executed, count(*) filter (state = 'failed') as failed,
        count(*) filter (state = 'expired') as expired, count(*) filter (state = 'cancelled') as cancelled, count(*) filter (state = 'open') as still_open,
        list(to_delivered_ms) filter (to_delivered_ms is not null) as to_delivered, list(to_executed_ms) filter (to_executed_ms is not null) as to_executed,
        count(*) filter (to_delivered_ms < 0) + count(*) filter (to_executed_ms < 0) as negative_times
    from located
    group by grouping sets ((requested_on), (requested_on, command), (requested_on, market), (requested_on, command, market))
)
select * exclude (to_delivered, to_executed), delivered / commands as delivered_share, executed / nullif(delivered, 0) as executed_share,
    executed / nullif(commands - cancelled - still_open, 0) as success,
    at_rank(to_delivered, 50) as to_delivered_p50_ms, at_rank(to_delivered, 95) as to_delivered_p95_ms, at_rank(to_delivered, 99) as to_delivered_p99_ms,
    at_rank(to_executed, 50) as to_executed_p50_ms, at_rank(to_executed, 95) as to_executed_p95_ms, at_rank(to_executed, 99) as to_executed_p99_ms,
    false as is_withheld
from counted

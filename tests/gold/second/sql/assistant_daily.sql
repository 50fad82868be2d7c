with
located as (
    select a.*, coalesce(s.market, 'unknown') as at_market
    from silver.assistant_interactions a
    join calendar on calendar.day = a.occurred_on
    left join states s on s.day = a.occurred_on and s.vehicle_key = a.vehicle_key
),
counted as (
    select occurred_on as asked_on, coalesce(intent, 'all') as intent, coalesce(at_market, 'all') as market, count(distinct vehicle_key) as vehicles,
        count(*) as interactions, count(*) filter (outcome = 'done') as done, count(*) filter (outcome = 'fallback') as fallbacks, count(*) filter (outcome = 'failed') as failed,
        count(*) filter (outcome = 'done') / count(*) as done_share, list(latency_ms) filter (latency_ms is not null) as latencies,
        count(model_version) as by_model, coalesce(sum(tokens_in), 0) as tokens_in, coalesce(sum(tokens_out), 0) as tokens_out
    from located
    group by grouping sets ((occurred_on), (occurred_on, intent), (occurred_on, at_market), (occurred_on, intent, at_market))
)
select * exclude latencies, at_rank(latencies, 50) as latency_p50_ms, at_rank(latencies, 95) as latency_p95_ms, at_rank(latencies, 99) as latency_p99_ms,
    false as is_withheld
from counted

with
counted as (
    select occurred_on as called_on, called_at, coalesce(service, 'all') as service, coalesce(region, 'all') as region,
        count(distinct vehicle_key) as vehicles, count(*) as requests, count(*) filter (status < 500 and latency_ms < 1000) as good, count(*) filter (status >= 500) as errors,
        count(*) filter (status < 500 and latency_ms >= 1000) as slow, list(upper_ms) as bounds
    from calls group by grouping sets ((occurred_on, called_at), (occurred_on, called_at, service), (occurred_on, called_at, region))
)
select c.* exclude bounds, good / requests as sli, coalesce(o.objective_ppm, d.objective_ppm) as objective_ppm,
    (requests - good) * 1000000 / (requests * (1000000 - coalesce(o.objective_ppm, d.objective_ppm))) as budget_burn,
    at_rank(bounds, 50) as latency_p50_ms, at_rank(bounds, 95) as latency_p95_ms, at_rank(bounds, 99) as latency_p99_ms, false as is_withheld
from counted c
left join seeds.api_objectives o on o.service = c.service
join seeds.api_objectives d on d.service = 'all'

"""Whether back-end interfaces keep their promise. Percentiles come from histograms that add up, never from other percentiles."""

SERVICES = "select distinct service from gold.api_slo_hourly order by service <> 'all', service"
REGIONS = "select distinct region from gold.api_slo_hourly order by region <> 'all', region"
DAYS = """
with newest as (select max(called_on) as day from gold.api_slo_hourly)
select called_on, sum(requests) as requests, sum(good) as good, sum(errors) as errors, sum(slow) as slow,
    sum(good) / nullif(sum(requests), 0) as sli, max(objective_ppm) / 1000000 as objective,
    count(*) filter (where requests is null) as withheld_hours, sum(requests) is null as is_withheld
from gold.api_slo_hourly, newest
where service = $service and region = $region and called_on > newest.day - $days
group by called_on order by called_on
"""
BURN = """
with newest as (select max(called_on) as day from gold.api_slo_hourly)
select called_at, budget_burn, requests, is_withheld
from gold.api_slo_hourly, newest
where service = $service and region = $region and called_on > newest.day - $days
order by called_at
"""
# The upper bound of the bucket that holds rank ceil(p × requests), over all hours of a day, or of all days.
LATENCY = """
with newest as (select max(called_on) as day from gold.api_latency_hourly),
buckets as (
    select called_on, upper_ms, sum(requests) as requests
    from gold.api_latency_hourly, newest
    where service = $service and region = $region and called_on > newest.day - $days
    group by called_on, upper_ms
),
ranked as (
    select called_on, upper_ms, sum(requests) over (partition by called_on order by upper_ms) as upto, sum(requests) over (partition by called_on) as total
    from buckets
)
select called_on, min(upper_ms) filter (where upto >= ceil(0.5 * total)) as p50, min(upper_ms) filter (where upto >= ceil(0.95 * total)) as p95,
    min(upper_ms) filter (where upto >= ceil(0.99 * total)) as p99
from ranked group by called_on order by called_on
"""
PARTS = """
with newest as (select max(called_on) as day from gold.api_slo_hourly),
buckets as (
    select service, region, upper_ms, sum(requests) as requests
    from gold.api_latency_hourly, newest where called_on > newest.day - $days group by service, region, upper_ms
),
ranked as (
    select service, region, upper_ms, sum(requests) over (partition by service, region order by upper_ms) as upto,
        sum(requests) over (partition by service, region) as total
    from buckets
),
latency as (
    select service, region, min(upper_ms) filter (where upto >= ceil(0.5 * total)) as p50, min(upper_ms) filter (where upto >= ceil(0.95 * total)) as p95,
        min(upper_ms) filter (where upto >= ceil(0.99 * total)) as p99
    from ranked group by service, region
),
promised as (
    select service, region, sum(requests) as requests, sum(good) / nullif(sum(requests), 0) as sli, max(objective_ppm) / 1000000 as objective,
        1 - (sum(requests) - sum(good)) / nullif(sum(requests) * (1 - max(objective_ppm) / 1000000), 0) as budget_left, sum(requests) is null as is_withheld
    from gold.api_slo_hourly, newest where called_on > newest.day - $days group by service, region
)
select promised.*, p50, p95, p99 from promised left join latency using (service, region)
order by service <> 'all' or region <> 'all', service = 'all', service, region
"""

select occurred_on as called_on, called_at, coalesce(service, 'all') as service, coalesce(region, 'all') as region, upper_ms, count(*) as requests
from calls
group by grouping sets (
    (occurred_on, called_at, upper_ms), (occurred_on, called_at, upper_ms, service), (occurred_on, called_at, upper_ms, region)
)

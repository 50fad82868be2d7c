-- requests to back ends with their hour and bound
select a.*, date_trunc('hour', a.occurred_at) as called_at, b.upper_ms
from silver.api_requests a
join calendar on calendar.day = a.occurred_on
asof join seeds.latency_bounds b on a.latency_ms < b.upper_ms

select occurred_on as called_on, service, method, route, count(*) as requests
from silver.api_requests semi join calendar on day = occurred_on group by all

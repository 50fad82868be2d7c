select service, count(distinct (method, route)) as routes, min(occurred_on) as first_called_on, max(occurred_on) as last_called_on
from silver.api_requests semi join calendar on day = occurred_on group by service

select
    training_run,
    min(charged_on) as first_charged_on,
    max(charged_on) as last_charged_on,
    count(distinct charge_id) as charges,
    sum(effective_cost_eur) as cost_eur
from {{ ref('cost_allocation') }}
where training_run is not null
group by training_run

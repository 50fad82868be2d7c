with

requests as (

    select
        measured_on,
        owner_id,
        quantity
    from {{ ref('cost_drivers_daily') }}
    where driver = 'requests' and vehicles >= {{ var('smallest_cell', 1) }} and {{ rebuilt('measured_on') }}

),

costs as (

    select * from {{ ref('int_costs_daily') }}
    where owner_kind = 'service' and {{ rebuilt('charged_on') }}

),

billed_days as (

    select charged_on
    from {{ ref('int_costs_daily') }}
    where {{ rebuilt('charged_on') }}
    group by charged_on

),

services as (

    select
        requests.measured_on as charged_on,
        requests.owner_id as service,
        requests.quantity as requests,
        coalesce(costs.cost_eur, 0) as cost_eur
    from requests
    inner join billed_days on requests.measured_on = billed_days.charged_on
    left join costs
        on
            requests.measured_on = costs.charged_on
            and requests.owner_id = costs.owner_id

),

with_total as (

    select * from services
    union all
    select
        charged_on,
        'all' as service,
        sum(requests) as requests,
        sum(cost_eur) as cost_eur
    from services
    group by charged_on

)

select
    charged_on,
    service,
    requests,
    cost_eur,
    {{ unit_cost('cost_eur', 'requests', 6) }} as cost_eur_per_million_requests
from with_total

with

costs as (

    select
        charged_on,
        sum(cost_eur) as cost_eur,
        sum(if(owner_kind = 'unallocated', cost_eur, 0)) as unallocated_eur
    from {{ ref('int_costs_daily') }}
    where {{ rebuilt('charged_on') }}
    group by charged_on

),

fleet as (

    select
        observed_on,
        active
    from {{ ref('fleet_daily') }}
    where model = 'all' and market = 'all' and {{ rebuilt('observed_on') }}

)

select
    costs.charged_on,
    costs.cost_eur,
    costs.unallocated_eur,
    fleet.active as active_vehicles,
    {{ unit_cost('costs.cost_eur', 'fleet.active') }} as cost_eur_per_vehicle
from costs
inner join {{ ref('calendar') }} as calendar on costs.charged_on = calendar.day
left join fleet on costs.charged_on = fleet.observed_on

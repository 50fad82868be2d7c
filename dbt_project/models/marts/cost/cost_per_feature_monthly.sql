with

costs as (

    select
        cast(date_trunc('month', costs.charged_on) as date) as month_on,
        costs.owner_id as feature_id,
        sum(costs.cost_eur) as cost_eur
    from {{ ref('int_costs_daily') }} as costs
    inner join {{ ref('calendar') }} as calendar on costs.charged_on = calendar.day
    where costs.owner_kind = 'feature' and {{ rebuilt("cast(date_trunc('month', costs.charged_on) as date)") }}
    group by cast(date_trunc('month', costs.charged_on) as date), costs.owner_id

),

used as (

    select
        cast(date_trunc('month', used_on) as date) as month_on,
        feature_id,
        count(distinct vehicle_key) as vehicles
    from {{ ref('feature_vehicle_days') }}
    where is_eligible and successes > 0 and {{ rebuilt("cast(date_trunc('month', used_on) as date)") }}
    group by cast(date_trunc('month', used_on) as date), feature_id

),

told as (

    select
        costs.month_on,
        costs.feature_id,
        costs.cost_eur,
        if(coalesce(used.vehicles, 0) between 1 and {{ var('smallest_cell', 1) }} - 1, null, coalesce(used.vehicles, 0)) as active_vehicles
    from costs
    left join used
        on
            costs.month_on = used.month_on
            and costs.feature_id = used.feature_id

)

select
    month_on,
    feature_id,
    cost_eur,
    active_vehicles,
    {{ unit_cost('cost_eur', 'active_vehicles') }} as cost_eur_per_active_vehicle
from told

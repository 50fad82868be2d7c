with

costs as (

    select
        charged_on,
        owner_id as feature_id,
        cost_eur
    from {{ ref('int_costs_daily') }}
    where owner_kind = 'feature' and {{ rebuilt('charged_on') }}

),

used as (

    select
        used_on,
        feature_id,
        dav,
        successes
    from {{ ref('feature_usage_daily') }}
    where model = 'all' and market = 'all' and sw_version = 'all' and {{ rebuilt('used_on') }}

)

select
    costs.charged_on,
    costs.feature_id,
    costs.cost_eur,
    used.dav,
    used.successes,
    {{ unit_cost('costs.cost_eur', 'used.dav') }} as cost_eur_per_dav,
    {{ unit_cost('costs.cost_eur', 'used.successes') }} as cost_eur_per_success
from costs
inner join {{ ref('calendar') }} as calendar on costs.charged_on = calendar.day
left join used
    on
        costs.charged_on = used.used_on
        and costs.feature_id = used.feature_id

with

volumes as (

    select
        cast(date_trunc('month', charged_on) as date) as month_on,
        'all' as scope,
        'vehicle_days' as unit,
        active_vehicles as units,
        cost_eur
    from {{ ref('cost_per_vehicle_daily') }}
    where active_vehicles is not null and {{ rebuilt("cast(date_trunc('month', charged_on) as date)") }}
    union all
    select
        cast(date_trunc('month', charged_on) as date) as month_on,
        service as scope,
        'requests' as unit,
        requests as units,
        cost_eur
    from {{ ref('cost_per_million_requests') }}
    where service <> 'all' and {{ rebuilt("cast(date_trunc('month', charged_on) as date)") }}

),

months as (

    select
        month_on,
        scope,
        unit,
        count(*) as days,
        sum(units) as units,
        sum(cost_eur) as cost_eur
    from volumes
    group by month_on, scope, unit

),

baselines as (

    select
        *,
        lead(from_on) over (partition by scope, unit order by from_on) as to_on
    from {{ ref('cost_baselines') }}

),

compared as (

    select
        months.*,
        baselines.eur_per_unit as baseline_eur_per_unit,
        cast({{ to_units('baselines.eur_per_unit') }} * months.units as decimal(38, 0)) as baseline,
        cast({{ to_units('baselines.eur_per_unit') }} * months.units - {{ to_units('months.cost_eur') }} as decimal(38, 0)) as saved
    from months
    inner join baselines
        on
            months.scope = baselines.scope
            and months.unit = baselines.unit
            and months.month_on >= baselines.from_on
            and (months.month_on < baselines.to_on or baselines.to_on is null)
    where months.units > 0

)

select
    month_on,
    scope,
    unit,
    days,
    units,
    cost_eur,
    {{ unit_cost('cost_eur', 'units') }} as cost_eur_per_unit,
    baseline_eur_per_unit,
    {{ from_units('saved') }} as saved_eur,
    cast(saved as double) / nullif(cast(baseline as double), 0) as saved_share
from compared

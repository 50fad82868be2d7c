with
newest as (
    select b.*, cast(date_trunc('month', reported_on) as date) as month_on, coalesce(s.model, 'unknown') as model
    from battery_days b left join states s on s.day = b.reported_on and s.vehicle_key = b.vehicle_key
    qualify row_number() over (partition by b.vehicle_key, date_trunc('month', reported_on) order by reported_on desc) = 1
),
summed as (
    select month_on, coalesce(model, 'all') as model, count(*) as vehicles, list(state_of_health_millipercent) as healths,
        sum(odometer_m) as sx, sum(state_of_health_millipercent) as sy, sum(cast(odometer_m as hugeint) * odometer_m) as sxx,
        sum(cast(odometer_m as hugeint) * state_of_health_millipercent) as sxy
    from newest group by grouping sets ((month_on), (month_on, model))
)
-- by way of text: DuckDB does not round a hugeint to the nearest double, but it reads numbers exactly
select greatest(month_on, cast(getvariable('first_day') as date)) as from_on, month_on, model, vehicles, sy / (vehicles * 1000) as state_of_health_mean_percent, at_rank(healths, 5) / 1000 as state_of_health_p05_percent,
    sx / (vehicles * 1000) as odometer_mean_km,
    cast(cast((vehicles * sxy - sx * sy) * 10000 as varchar) as double) / nullif(cast(cast(vehicles * sxx - sx * sx as varchar) as double), 0)
        as slope_percent_per_10000_km,
    false as is_withheld
from summed

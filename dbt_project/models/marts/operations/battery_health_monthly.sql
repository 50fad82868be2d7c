with

calendar as (

    select min(day) as first_day from {{ ref('calendar') }}

),

battery_days as (

    select
        *,
        trunc(reported_on, 'month') as month_on
    from {{ ref('battery_days') }}
    where {{ rebuilt('reported_on', ahead=30) }}

),

vehicles as (

    select * from {{ ref('vehicles') }}

),

last_of_month as (

    select
        greatest(battery_days.month_on, calendar.first_day) as from_on,
        battery_days.month_on,
        battery_days.vehicle_key,
        max(battery_days.reported_on) as reported_on,
        max_by(battery_days.state_of_health_millipercent, battery_days.reported_on) as health,
        max_by(battery_days.odometer_m, battery_days.reported_on) as odometer_m
    from battery_days
    cross join calendar
    where {{ rebuilt('greatest(battery_days.month_on, calendar.first_day)') }}
    group by calendar.first_day, battery_days.month_on, battery_days.vehicle_key

),

-- decimals, so that squares fit and sums do not depend on their order
described as (

    select
        last_of_month.from_on,
        last_of_month.month_on,
        last_of_month.vehicle_key,
        last_of_month.health,
        coalesce(vehicles.model, 'unknown') as model,
        cast(last_of_month.odometer_m as decimal(10, 0)) as x,
        cast(last_of_month.health as decimal(6, 0)) as y
    from last_of_month
    left join vehicles
        on
            last_of_month.vehicle_key = vehicles.vehicle_key
            and last_of_month.reported_on >= vehicles.from_on
            and (vehicles.to_on is null or last_of_month.reported_on < vehicles.to_on)

),

sliced as (

    select
        from_on,
        month_on,
        if(grouping(model) = 1, 'all', model) as model,
        count(*) as vehicles,
        cast(percentile_disc(0.05) within group(order by health) as bigint) as p05,
        sum(x) as sum_x,
        sum(y) as sum_y,
        sum(x * x) as sum_xx,
        sum(x * y) as sum_xy
    from described
    group by grouping sets ((from_on, month_on, model), (from_on, month_on))

),

fitted as (

    select
        *,
        (vehicles * sum_xy - sum_x * sum_y) * 10000 as numerator,
        vehicles * sum_xx - sum_x * sum_x as denominator
    from sliced

),

rated as (

    select
        from_on,
        month_on,
        model,
        vehicles,
        cast(sum_y as double) / (vehicles * 1000) as state_of_health_mean_percent,
        p05 / 1000 as state_of_health_p05_percent,
        cast(sum_x as double) / (vehicles * 1000) as odometer_mean_km,
        cast(numerator as double) / nullif(cast(denominator as double), 0) as slope_percent_per_10000_km
    from fitted

),

published as (

    {{ withheld(
        'rated',
        within=['from_on'],
        slices=['model'],
        keep=['month_on'],
        counts={'vehicles': [
            'state_of_health_mean_percent', 'state_of_health_p05_percent', 'odometer_mean_km', 'slope_percent_per_10000_km',
        ]}) }}

)

select * from published

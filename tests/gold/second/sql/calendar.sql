with days as (select cast(unnest(generate_series(getvariable('first_day'), getvariable('last_day'), interval 1 day)) as date) as day)
select day, cast(date_trunc('week', day) as date) as week_on, cast(date_trunc('month', day) as date) as month_on from days

select occurred_on as reported_on, vehicle_key,
    cast(last(round(state_of_health_percent * 1000) order by occurred_at, event_id) as bigint) as state_of_health_millipercent,
    last(odometer_m order by occurred_at, event_id) as odometer_m
from silver.vehicle_signals semi join calendar on day = occurred_on
where state_of_health_percent is not null and odometer_m is not null
group by occurred_on, vehicle_key

-- What vehicle_profiles has to hold of some vehicles, straight from the events: each value from all events of its window that had been received by then.
-- It shares no step with the model: nothing is added up day by day.
with

replayed as (
    select q.topic_id, q.partition, q."offset", max(r.ended_at) as replayed_at
    from silver.quarantine q join {replays} r on r.family = q.family and r.run > q.run
        and (r.reason is null or r.reason = q.reason) and (r.since is null or r.since <= q.received_at)
    group by all
),

{families},

every_event as (
    {every_event}
),

moments as (
    select v.vehicle_key, d.day::date as day, k.later, d.day::date + k.later::int as known_on,
        (d.day::date + k.later::int + 1)::timestamp at time zone 'UTC' + interval {known_after} minute as known_at
    from (select unnest({vehicles}) as vehicle_key) v,
        (select unnest(generate_series(date '{first}', date '{last}', interval 1 day)) as day) d,
        (select unnest([0, 1, 3, 28]) as later) k
    where d.day::date + k.later::int <= date '{last}'
),

of_all as (
    select m.vehicle_key, m.day, m.known_on, any_value(m.known_at) as known_at, any_value(m.later) as later,
        count(*) filter (where e.occurred_on = m.day) as events_1d,
        count(*) filter (where e.occurred_on > m.day - 7) as events_7d,
        count(*) as events_28d,
        avg(e.is_late::int) as late_share_28d,
        7 - count(distinct e.occurred_on) filter (where e.occurred_on > m.day - 7) as silent_days_7d,
        28 - count(distinct e.occurred_on) as silent_days_28d
    from moments m join every_event e on {known}
    group by m.vehicle_key, m.day, m.known_on
),

boots as (
    select m.vehicle_key, m.day, m.known_on, e.occurred_on, e.boot_id,
        count(*) filter (where e.speed_kmh > 0) > 0 and e.boot_id is not null as is_trip,
        epoch_ms(max(e.occurred_at) filter (where e.speed_kmh > 0)) - epoch_ms(min(e.occurred_at) filter (where e.speed_kmh > 0)) as driven_ms,
        max(e.sequence) - min(e.sequence) + 1 as numbers, count(e.sequence) as heard
    from moments m join vehicle_signals e on {known}
    group by m.vehicle_key, m.day, m.known_on, e.occurred_on, e.boot_id
),

of_boots as (
    select vehicle_key, day, known_on,
        count(*) filter (where is_trip and occurred_on = day) as trips_1d,
        count(*) filter (where is_trip and occurred_on > day - 7) as trips_7d,
        count(*) filter (where is_trip) as trips_28d,
        coalesce(sum(driven_ms) filter (where occurred_on > day - 7), 0) / 3600000 as driving_hours_7d,
        coalesce(sum(driven_ms), 0) / 3600000 as driving_hours_28d,
        greatest(sum(numbers) - sum(heard), 0) / nullif(sum(numbers), 0) as lost_share_28d
    from boots
    group by all
),

of_signals as (
    select m.vehicle_key, m.day, m.known_on,
        (max(e.odometer_m) filter (where e.occurred_on = m.day) - min(e.odometer_m) filter (where e.occurred_on = m.day)) / 1000 as distance_km_1d,
        (max(e.odometer_m) filter (where e.occurred_on > m.day - 7) - min(e.odometer_m) filter (where e.occurred_on > m.day - 7)) / 1000 as distance_km_7d,
        (max(e.odometer_m) - min(e.odometer_m)) / 1000 as distance_km_28d,
        avg(e.speed_kmh) filter (where e.speed_kmh > 0) as mean_speed_kmh_28d,
        avg((e.signals['Vehicle.Acceleration.Longitudinal'] <= -3)::int) filter (where e.speed_kmh > 0) as hard_braking_share_28d,
        max(e.odometer_m) / 1000 as odometer_km,
        avg(e.outside_temperature_celsius) filter (where e.occurred_on > m.day - 7) as outside_temperature_celsius_7d,
        last(e.state_of_charge_percent order by e.occurred_at, e.state_of_charge_percent) filter (where e.state_of_charge_percent is not null)
            as state_of_charge_percent,
        min(e.state_of_charge_percent) as lowest_charge_percent_28d,
        last(e.state_of_health_percent order by e.occurred_at, e.state_of_health_percent)
            filter (where e.state_of_health_percent is not null) as state_of_health_percent,
        nullif(regr_slope(e.state_of_health_percent, (e.odometer_m // 1000) / 10000), 'nan') as health_slope_per_10000_km_28d,
        m.day - last(make_date(split_part(e.sw_version, '.', 1)::int, split_part(e.sw_version, '.', 2)::int, 1) order by e.occurred_at, e.sw_version)
            filter (where regexp_full_match(e.sw_version, '[0-9]+\.[0-9]+\..*')) as software_age_days
    from moments m join vehicle_signals e on {known}
    group by m.vehicle_key, m.day, m.known_on
),

of_charging as (
    select m.vehicle_key, m.day, m.known_on,
        count(*) filter (where e.occurred_on > m.day - 7) as charging_sessions_7d, count(*) as charging_sessions_28d,
        coalesce(sum(e.energy_wh) filter (where e.occurred_on > m.day - 7), 0) / 1000 as charged_kwh_7d, coalesce(sum(e.energy_wh), 0) / 1000 as charged_kwh_28d,
        avg(e.soc_start) as charge_start_percent_28d, avg(e.soc_end - e.soc_start) as charge_depth_percent_28d,
        avg(coalesce(e.location_kind = 'home', false)::int) as home_charging_share_28d,
        avg(coalesce(e.location_kind = 'public', false)::int) as public_charging_share_28d,
        avg(coalesce(e.stop_reason in ('vehicle_fault', 'station_fault'), false)::int) as charging_fault_share_28d
    from moments m join charging e on {known} and e.step = 'stopped'
    group by m.vehicle_key, m.day, m.known_on
),

of_commands as (
    select m.vehicle_key, m.day, m.known_on,
        count(*) filter (where e.step = 'requested' and e.occurred_on > m.day - 7) as commands_7d, count(*) filter (where e.step = 'requested') as commands_28d,
        avg((e.step <> 'executed')::int) filter (where e.step in ('executed', 'failed', 'expired')) as command_failure_share_28d
    from moments m join remote_commands e on {known}
    group by m.vehicle_key, m.day, m.known_on
),

of_updates as (
    select m.vehicle_key, m.day, m.known_on,
        count(*) filter (where e.step = 'succeeded') as updates_28d, count(*) filter (where e.step in ('failed', 'rolled_back')) as failed_updates_28d
    from moments m join ota_updates e on {known}
    group by m.vehicle_key, m.day, m.known_on
),

of_the_assistant as (
    select m.vehicle_key, m.day, m.known_on,
        count(*) filter (where e.occurred_on > m.day - 7) as assistant_requests_7d, count(*) as assistant_requests_28d,
        avg((e.outcome <> 'done')::int) as assistant_fallback_share_28d, avg(e.latency_ms) as assistant_latency_ms_28d
    from moments m join assistant_interactions e on {known}
    group by m.vehicle_key, m.day, m.known_on
),

of_use as (
    select m.vehicle_key, m.day, m.known_on,
        {uses},
        count(distinct e.feature_id) filter (where e.feature_id in ({features}) and e.occurred_on > m.day - 7) as features_used_7d,
        count(distinct e.feature_id) filter (where e.feature_id in ({features})) as features_used_28d
    from moments m join feature_usage e on {known} and e.action in ('started', 'stopped')
    group by m.vehicle_key, m.day, m.known_on
)

select vehicle_key, day, known_at, {columns}
from of_all
{joins}
qualify later = 0 or events_28d > coalesce(lag(events_28d) over (partition by vehicle_key, day order by known_on), 0)
order by vehicle_key, day, known_at

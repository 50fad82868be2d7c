with
located as (
    select c.*, coalesce(s.market, 'unknown') as market
    from charging_sessions c left join states s on s.day = c.started_on and s.vehicle_key = c.vehicle_key
)
select started_on, coalesce(location_kind, 'all') as location_kind, coalesce(market, 'all') as market, count(distinct vehicle_key) as vehicles,
    count(*) as sessions, count(*) filter (ending = 'succeeded') as succeeded, count(*) filter (ending = 'vehicle_fault') as vehicle_faults,
    count(*) filter (ending = 'station_fault') as station_faults, count(*) filter (ending = 'other') as other_ends, count(*) filter (ending = 'open') as still_open,
    count(*) filter (ending = 'succeeded') / count(*) as success, coalesce(sum(energy_wh), 0) as energy_wh,
    sum(energy_wh) / nullif(count(energy_wh), 0) as energy_per_session_wh, false as is_withheld
from located
group by grouping sets ((started_on), (started_on, location_kind), (started_on, market), (started_on, location_kind, market))

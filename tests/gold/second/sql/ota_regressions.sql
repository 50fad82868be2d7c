with
outcomes as (
    select 'command_success' as kpi, requested_on as day, vehicle_key, count(*) filter (state = 'executed') as good, count(*) filter (state not in ('cancelled', 'open')) as total
    from commands group by all
    union all
    select 'charging_success', started_on, vehicle_key, count(*) filter (ending = 'succeeded'), count(*) from charging_sessions group by all
    union all
    select 'feature_success', used_on, vehicle_key, sum(successes), sum(uses) from feature_vehicle_days group by all
),
updated as (select *, updated_on as turn_on from vehicle_updates where updated_on between from_on and from_on + 27),
middles as (select campaign_id, at_rank(list(turn_on), 50) as middle_on from updated group by campaign_id),
control as (
    select v.*, m.middle_on as turn_on
    from vehicle_updates v join middles m using (campaign_id)
    anti join updated u on u.campaign_id = v.campaign_id and u.vehicle_key = v.vehicle_key
    where v.updated_on is null or v.updated_on > m.middle_on + 7
),
groups as (select campaign_id, vehicle_key, turn_on, true as is_updated from updated union all select campaign_id, vehicle_key, turn_on, false from control),
kpis as (select unnest(['command_success', 'charging_success', 'feature_success']) as kpi),
summed as (
    select g.campaign_id, k.kpi, count(distinct g.vehicle_key) filter (is_updated) as updated_vehicles,
        count(distinct g.vehicle_key) filter (not is_updated) as control_vehicles,
        coalesce(sum(o.good) filter (is_updated and o.day < turn_on), 0) as good_before, coalesce(sum(o.total) filter (is_updated and o.day < turn_on), 0) as total_before,
        coalesce(sum(o.good) filter (is_updated and o.day > turn_on), 0) as good_after, coalesce(sum(o.total) filter (is_updated and o.day > turn_on), 0) as total_after,
        coalesce(sum(o.good) filter (not is_updated and o.day < turn_on), 0) as control_good_before,
        coalesce(sum(o.total) filter (not is_updated and o.day < turn_on), 0) as control_total_before,
        coalesce(sum(o.good) filter (not is_updated and o.day > turn_on), 0) as control_good_after,
        coalesce(sum(o.total) filter (not is_updated and o.day > turn_on), 0) as control_total_after
    from groups g cross join kpis k
    left join outcomes o on o.kpi = k.kpi and o.vehicle_key = g.vehicle_key and o.day between g.turn_on - 7 and g.turn_on + 7 and o.day <> g.turn_on
    group by g.campaign_id, k.kpi
)
select b.from_on as begun_on, s.*, m.middle_on,
    good_after / nullif(total_after, 0) - good_before / nullif(total_before, 0) as change,
    control_good_after / nullif(control_total_after, 0) - control_good_before / nullif(control_total_before, 0) as control_change,
    change - control_change as effect, false as is_withheld
from summed s
join middles m using (campaign_id)
join (select campaign_id, from_on from vehicle_updates group by all) b using (campaign_id)

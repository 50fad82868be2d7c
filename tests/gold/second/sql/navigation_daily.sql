with
planned as (
    select occurred_on as day, vehicle_key, route_id, distance_m as planned_m
    from silver.navigation semi join calendar on day = occurred_on where step = 'planned'
    qualify row_number() over (partition by vehicle_key, route_id, occurred_on order by occurred_at, received_at, event_id) = 1
),
routes as (
    select p.day, p.vehicle_key, p.route_id, p.planned_m, coalesce(bool_or(s.step = 'replanned'), false) as is_replanned,
        case when bool_or(s.step = 'arrived') then 'arrived' when bool_or(s.step = 'cancelled') then 'cancelled' else 'open' end as ending,
        last(s.distance_m order by s.step = 'arrived', s.occurred_at, s.received_at, s.event_id) filter (s.step in ('arrived', 'cancelled')) as driven_m
    from planned p
    join silver.navigation s on s.vehicle_key = p.vehicle_key and s.route_id = p.route_id and s.occurred_on between p.day and p.day + 1
    group by p.day, p.vehicle_key, p.route_id, p.planned_m
),
rows as (
    select day, vehicle_key, true as is_route, planned_m, is_replanned, ending, driven_m from routes
    union all
    select occurred_on, vehicle_key, false, null, false, null, null from silver.navigation semi join calendar on day = occurred_on where step = 'map_updated'
),
counted as (
    select r.day as planned_on, coalesce(case when grouping(market) = 0 then coalesce(market, 'unknown') end, 'all') as market,
        count(distinct r.vehicle_key) as vehicles, count(*) filter (is_route) as routes, count(*) filter (is_replanned) as replanned,
        count(*) filter (ending = 'arrived') as arrived, count(*) filter (ending = 'cancelled') as cancelled, count(*) filter (ending = 'open') as still_open,
        coalesce(sum(planned_m), 0) as planned_m, coalesce(sum(driven_m), 0) as driven_m, count(*) filter (not is_route) as map_updates
    from rows r left join states s on s.day = r.day and s.vehicle_key = r.vehicle_key
    group by grouping sets ((r.day), (r.day, market))
)
select *, arrived / nullif(routes - still_open, 0) as arrived_share, false as is_withheld from counted

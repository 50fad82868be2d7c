with

navigation as (

    select
        vehicle_key,
        route_id,
        step,
        occurred_on,
        distance_m,
        struct(occurred_at, received_at, event_id) as at
    from {{ source('silver', 'navigation') }}
    where {{ rebuilt('occurred_on', ahead=1) }}

),

-- a step belongs to a route of its day, or of the day before; a plan and a new map only to their own day
steps as (

    select
        navigation.*,
        explode(
            if(step in ('planned', 'map_updated'), array(occurred_on), array(occurred_on, date_sub(occurred_on, 1)))
        ) as planned_on
    from navigation

),

-- steps without a route are map updates
routes as (

    select
        planned_on,
        vehicle_key,
        route_id,
        min(if(step = 'planned', struct(at, distance_m), null)) as plan,
        max(if(step = 'arrived', struct(at, distance_m), null)) as arrival,
        max(if(step = 'cancelled', struct(at, distance_m), null)) as cancellation,
        bool_or(step = 'replanned') as is_replanned,
        count_if(step = 'map_updated') as map_updates
    from steps
    where {{ rebuilt('planned_on') }}
    group by planned_on, vehicle_key, route_id

),

ended as (

    select
        planned_on,
        vehicle_key,
        map_updates,
        plan is not null as is_route,
        plan is not null and is_replanned as is_replanned,
        plan is not null and arrival is not null as is_arrived,
        plan is not null and arrival is null and cancellation is not null as is_cancelled,
        plan.distance_m as planned_m,
        if(plan is null, null, if(arrival is not null, arrival.distance_m, cancellation.distance_m)) as driven_m
    from routes
    where plan is not null or map_updates > 0

),

vehicles as (

    select * from {{ ref('vehicles') }}

),

described as (

    select
        ended.*,
        coalesce(vehicles.market, 'unknown') as market
    from ended
    left join vehicles
        on
            ended.vehicle_key = vehicles.vehicle_key
            and ended.planned_on >= vehicles.from_on
            and (vehicles.to_on is null or ended.planned_on < vehicles.to_on)

),

sliced as (

    select
        planned_on,
        if(grouping(market) = 1, 'all', market) as market,
        count(distinct vehicle_key) as vehicles,
        count_if(is_route) as routes,
        count_if(is_replanned) as replanned,
        count_if(is_arrived) as arrived,
        count_if(is_cancelled) as cancelled,
        count_if(is_route and not is_arrived and not is_cancelled) as still_open,
        coalesce(sum(planned_m), 0) as planned_m,
        coalesce(sum(driven_m), 0) as driven_m,
        sum(map_updates) as map_updates
    from described
    group by grouping sets ((planned_on, market), (planned_on))

),

rated as (

    select
        *,
        arrived / nullif(routes - still_open, 0) as arrived_share
    from sliced

),

published as (

    {{ withheld(
        'rated',
        within=['planned_on'],
        slices=['market'],
        counts={'vehicles': [
            'routes', 'replanned', 'arrived', 'cancelled', 'still_open', 'arrived_share',
            'planned_m', 'driven_m', 'map_updates',
        ]}) }}

)

select * from published

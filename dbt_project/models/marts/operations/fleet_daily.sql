with

calendar as (

    select day from {{ ref('calendar') }}
    where {{ rebuilt('day') }}

),

known as (

    select
        calendar.day as observed_on,
        vehicles.vehicle_key,
        vehicles.model,
        vehicles.market,
        vehicles.sold_on is not null and vehicles.scrapped_on is null as is_active
    from {{ ref('vehicles') }} as vehicles
    inner join calendar
        on
            vehicles.from_on <= calendar.day
            and (vehicles.to_on is null or vehicles.to_on > calendar.day)

),

vehicle_days as (

    select * from {{ ref('vehicle_days') }}
    where {{ rebuilt('observed_on', back=27) }}

),

boots as (

    select * from {{ ref('boots') }}
    where {{ rebuilt('begun_on') }}

),

together as (

    select
        observed_on,
        vehicle_key,
        model,
        market,
        is_active,
        0 as events,
        0 as late_events,
        0 as own_events,
        0 as heard,
        0 as lost
    from known
    union all
    select
        observed_on,
        vehicle_key,
        null as model,
        null as market,
        false as is_active,
        events,
        late_events,
        own_events,
        0 as heard,
        0 as lost
    from vehicle_days
    union all
    select
        begun_on as observed_on,
        vehicle_key,
        null as model,
        null as market,
        false as is_active,
        0 as events,
        0 as late_events,
        0 as own_events,
        heard,
        lost
    from boots

),

per_vehicle as (

    select
        observed_on,
        vehicle_key,
        coalesce(max(model), 'unknown') as model,
        coalesce(max(market), 'unknown') as market,
        bool_or(is_active) as is_active,
        sum(events) as events,
        sum(late_events) as late_events,
        sum(own_events) as own_events,
        sum(heard) as heard,
        sum(lost) as lost
    from together
    group by observed_on, vehicle_key

),

-- the newest day on which the vehicle itself sent anything tells whether it was heard from in 28 days
with_last as (

    select
        *,
        max(if(own_events > 0, observed_on, null)) over (partition by vehicle_key order by observed_on) as last_sent_on
    from per_vehicle

),

sliced as (

    select
        observed_on,
        if(grouping(model) = 1, 'all', model) as model,
        if(grouping(market) = 1, 'all', market) as market,
        count_if(is_active) as active,
        count_if(is_active and last_sent_on >= date_sub(observed_on, 27)) as heard_from,
        count_if(events > 0 or heard > 0) as vehicles,
        sum(events) as events,
        sum(late_events) as late_events,
        sum(heard) as numbers_heard,
        sum(lost) as numbers_lost
    from with_last
    where
        (is_active or events > 0 or heard > 0)
        and {{ rebuilt('observed_on') }}
    group by grouping sets ((observed_on, model, market), (observed_on, model), (observed_on, market), (observed_on))

),

rated as (

    select
        *,
        heard_from / nullif(active, 0) as coverage,
        late_events / nullif(events, 0) as late_share,
        numbers_lost / nullif(numbers_heard + numbers_lost, 0) as loss_share
    from sliced

),

published as (

    {{ withheld(
        'rated',
        within=['observed_on'],
        slices=['model', 'market'],
        counts={
            'active': ['coverage'],
            'heard_from': ['coverage'],
            'vehicles': ['events', 'late_events', 'late_share', 'numbers_heard', 'numbers_lost', 'loss_share'],
        },
        of={'heard_from': 'active'}) }}

)

select * from published

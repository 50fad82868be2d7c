with

sessions as (

    select * from {{ ref('charging_sessions') }}
    where {{ rebuilt('started_on') }}

),

vehicles as (

    select * from {{ ref('vehicles') }}

),

described as (

    select
        sessions.*,
        coalesce(vehicles.market, 'unknown') as market
    from sessions
    left join vehicles
        on
            sessions.vehicle_key = vehicles.vehicle_key
            and sessions.started_on >= vehicles.from_on
            and (vehicles.to_on is null or sessions.started_on < vehicles.to_on)

),

sliced as (

    select
        started_on,
        if(grouping(location_kind) = 1, 'all', location_kind) as location_kind,
        if(grouping(market) = 1, 'all', market) as market,
        count(distinct vehicle_key) as vehicles,
        count(*) as sessions,
        count_if(ending = 'succeeded') as succeeded,
        count_if(ending = 'vehicle_fault') as vehicle_faults,
        count_if(ending = 'station_fault') as station_faults,
        count_if(ending = 'other') as other_ends,
        count_if(ending = 'open') as still_open,
        coalesce(sum(energy_wh), 0) as energy_wh,
        count(energy_wh) as metered
    from described
    group by grouping sets (
        (started_on, location_kind, market), (started_on, location_kind), (started_on, market), (started_on)
    )

),

rated as (

    select
        *,
        succeeded / sessions as success,
        energy_wh / nullif(metered, 0) as energy_per_session_wh
    from sliced

),

published as (

    {{ withheld(
        'rated',
        within=['started_on'],
        slices=['location_kind', 'market'],
        counts={'vehicles': [
            'sessions', 'succeeded', 'vehicle_faults', 'station_faults', 'other_ends', 'still_open', 'success',
            'energy_wh', 'energy_per_session_wh',
        ]}) }}

)

select * from published

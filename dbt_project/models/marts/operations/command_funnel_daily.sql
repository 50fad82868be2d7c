with

commands as (

    select * from {{ ref('commands') }}
    where {{ rebuilt('requested_on') }}

),

vehicles as (

    select * from {{ ref('vehicles') }}

),

described as (

    select
        commands.*,
        coalesce(vehicles.market, 'unknown') as market
    from commands
    left join vehicles
        on
            commands.vehicle_key = vehicles.vehicle_key
            and commands.requested_on >= vehicles.from_on
            and (vehicles.to_on is null or commands.requested_on < vehicles.to_on)

),

sliced as (

    select
        requested_on,
        if(grouping(command) = 1, 'all', command) as command,
        if(grouping(market) = 1, 'all', market) as market,
        count(distinct vehicle_key) as vehicles,
        count(*) as commands,
        count_if(is_delivered) as delivered,
        count_if(state = 'executed') as executed,
        count_if(state = 'failed') as failed,
        count_if(state = 'expired') as expired,
        count_if(state = 'cancelled') as cancelled,
        count_if(state = 'open') as still_open,
        cast(percentile_disc(0.5) within group(order by to_delivered_ms) as bigint) as to_delivered_p50_ms,
        cast(percentile_disc(0.95) within group(order by to_delivered_ms) as bigint) as to_delivered_p95_ms,
        cast(percentile_disc(0.99) within group(order by to_delivered_ms) as bigint) as to_delivered_p99_ms,
        cast(percentile_disc(0.5) within group(order by to_executed_ms) as bigint) as to_executed_p50_ms,
        cast(percentile_disc(0.95) within group(order by to_executed_ms) as bigint) as to_executed_p95_ms,
        cast(percentile_disc(0.99) within group(order by to_executed_ms) as bigint) as to_executed_p99_ms,
        count_if(to_delivered_ms < 0) + count_if(to_executed_ms < 0) as negative_times
    from described
    group by grouping sets (
        (requested_on, command, market), (requested_on, command), (requested_on, market), (requested_on)
    )

),

rated as (

    select
        *,
        delivered / commands as delivered_share,
        executed / nullif(delivered, 0) as executed_share,
        executed / nullif(commands - cancelled - still_open, 0) as success
    from sliced

),

published as (

    {{ withheld(
        'rated',
        within=['requested_on'],
        slices=['command', 'market'],
        counts={'vehicles': [
            'commands', 'delivered', 'executed', 'failed', 'expired', 'cancelled', 'still_open',
            'delivered_share', 'executed_share', 'success',
            'to_delivered_p50_ms', 'to_delivered_p95_ms', 'to_delivered_p99_ms',
            'to_executed_p50_ms', 'to_executed_p95_ms', 'to_executed_p99_ms', 'negative_times',
        ]}) }}

)

select * from published

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

counted as ( -- alone: beside a count of different vehicles Spark keeps all times of each vehicle apart

    select
        requested_on,
        if(grouping(command) = 1, 'all', command) as command,
        if(grouping(market) = 1, 'all', market) as market,
        count(distinct vehicle_key) as vehicles
    from described
    group by grouping sets (
        (requested_on, command, market), (requested_on, command), (requested_on, market), (requested_on)
    )

),

timed as (

    select
        requested_on,
        if(grouping(command) = 1, 'all', command) as command,
        if(grouping(market) = 1, 'all', market) as market,
        count(*) as commands,
        count_if(is_delivered) as delivered,
        count_if(state = 'executed') as executed,
        count_if(state = 'failed') as failed,
        count_if(state = 'expired') as expired,
        count_if(state = 'cancelled') as cancelled,
        count_if(state = 'open') as still_open,
        {{ percentiles('to_delivered_ms') }},
        {{ percentiles('to_executed_ms') }},
        count_if(to_delivered_ms < 0) + count_if(to_executed_ms < 0) as negative_times
    from described
    group by grouping sets (
        (requested_on, command, market), (requested_on, command), (requested_on, market), (requested_on)
    )

),

sliced as (

    select
        timed.* except (to_delivered_ms, to_executed_ms),
        counted.vehicles,
        {{ percentile_columns('timed', 'to_delivered') }},
        {{ percentile_columns('timed', 'to_executed') }}
    from timed
    inner join counted
        on
            timed.requested_on = counted.requested_on
            and timed.command <=> counted.command
            and timed.market <=> counted.market

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

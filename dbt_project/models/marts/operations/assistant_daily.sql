with

interactions as (

    select
        occurred_on as asked_on,
        vehicle_key,
        intent,
        outcome,
        latency_ms,
        tokens_in,
        tokens_out,
        model_version
    from {{ source('silver', 'assistant_interactions') }}
    where {{ rebuilt('occurred_on') }}

),

vehicles as (

    select * from {{ ref('vehicles') }}

),

described as (

    select
        interactions.*,
        coalesce(vehicles.market, 'unknown') as market
    from interactions
    left join vehicles
        on
            interactions.vehicle_key = vehicles.vehicle_key
            and interactions.asked_on >= vehicles.from_on
            and (vehicles.to_on is null or interactions.asked_on < vehicles.to_on)

),

counted as ( -- alone: beside a count of different vehicles Spark keeps all times of each vehicle apart

    select
        asked_on,
        if(grouping(intent) = 1, 'all', intent) as intent,
        if(grouping(market) = 1, 'all', market) as market,
        count(distinct vehicle_key) as vehicles
    from described
    group by grouping sets ((asked_on, intent, market), (asked_on, intent), (asked_on, market), (asked_on))

),

timed as (

    select
        asked_on,
        if(grouping(intent) = 1, 'all', intent) as intent,
        if(grouping(market) = 1, 'all', market) as market,
        count(*) as interactions,
        count_if(outcome = 'done') as done,
        count_if(outcome = 'fallback') as fallbacks,
        count_if(outcome = 'failed') as failed,
        {{ percentiles('latency_ms') }},
        count(model_version) as by_model,
        coalesce(sum(tokens_in), 0) as tokens_in,
        coalesce(sum(tokens_out), 0) as tokens_out
    from described
    group by grouping sets ((asked_on, intent, market), (asked_on, intent), (asked_on, market), (asked_on))

),

sliced as (

    select
        timed.* except (latency_ms),
        counted.vehicles,
        {{ percentile_columns('timed', 'latency') }}
    from timed
    inner join counted
        on
            timed.asked_on = counted.asked_on
            and timed.intent <=> counted.intent
            and timed.market <=> counted.market

),

rated as (

    select
        *,
        done / interactions as done_share
    from sliced

),

published as (

    {{ withheld(
        'rated',
        within=['asked_on'],
        slices=['intent', 'market'],
        counts={'vehicles': [
            'interactions', 'done', 'fallbacks', 'failed', 'done_share',
            'latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms', 'by_model', 'tokens_in', 'tokens_out',
        ]}) }}

)

select * from published

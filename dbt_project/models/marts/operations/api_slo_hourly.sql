with

api_requests as (

    select
        occurred_on as called_on,
        date_trunc('hour', occurred_at) as called_at,
        service,
        region,
        vehicle_key,
        status >= 500 as is_error,
        status < 500 and latency_ms < 1000 as is_good
    from {{ source('silver', 'api_requests') }}
    where {{ rebuilt('occurred_on') }}

),

sliced as (

    select
        called_on,
        called_at,
        if(grouping(service) = 1, 'all', service) as service,
        if(grouping(region) = 1, 'all', region) as region,
        count(distinct vehicle_key) as vehicles,
        count(*) as requests,
        count_if(is_good) as good,
        count_if(is_error) as errors,
        count_if(not is_good and not is_error) as slow
    from api_requests
    group by grouping sets ((called_on, called_at, service), (called_on, called_at, region), (called_on, called_at))

),

ranked as (

    select
        *,
        sum(requests) over (partition by called_on, called_at, service, region order by upper_ms) as up_to_here,
        sum(requests) over (partition by called_on, called_at, service, region) as total
    from {{ ref('api_histogram') }}
    where {{ rebuilt('called_on') }}

),

-- the smallest bound that holds the rank: whole numbers, since 0.95 × n is not exact
percentiles as (

    select
        called_on,
        called_at,
        service,
        region,
        min(if(up_to_here * 100 >= total * 50, upper_ms, null)) as latency_p50_ms,
        min(if(up_to_here * 100 >= total * 95, upper_ms, null)) as latency_p95_ms,
        min(if(up_to_here * 100 >= total * 99, upper_ms, null)) as latency_p99_ms
    from ranked
    group by called_on, called_at, service, region

),

objectives as (

    select * from {{ ref('api_objectives') }}

),

promised as (

    select
        sliced.*,
        percentiles.latency_p50_ms,
        percentiles.latency_p95_ms,
        percentiles.latency_p99_ms,
        coalesce(of_service.objective_ppm, of_all.objective_ppm) as objective_ppm
    from sliced
    inner join percentiles
        on
            sliced.called_on = percentiles.called_on
            and sliced.called_at = percentiles.called_at
            and sliced.service = percentiles.service
            and sliced.region = percentiles.region
    left join objectives as of_service on sliced.service = of_service.service
    left join objectives as of_all on of_all.service = 'all'

),

rated as (

    select
        *,
        good / requests as sli,
        ((requests - good) * 1000000) / nullif(requests * (1000000 - objective_ppm), 0) as budget_burn
    from promised

),

published as (

    {{ withheld(
        'rated',
        within=['called_on', 'called_at'],
        slices=['service', 'region'],
        keep=['objective_ppm'],
        counts={'vehicles': [
            'requests', 'good', 'errors', 'slow', 'sli', 'budget_burn', 'latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms',
        ]}) }}

)

select * from published

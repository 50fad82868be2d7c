with

requests as (

    select
        occurred_on as called_on,
        date_trunc('hour', occurred_at) as called_at,
        service,
        region,
        latency_ms,
        count(*) as requests
    from {{ source('silver', 'api_requests') }}
    where {{ rebuilt('occurred_on') }}
    group by occurred_on, date_trunc('hour', occurred_at), service, region, latency_ms

),

bounds as (

    select
        upper_ms,
        lag(upper_ms, 1, 0) over (order by upper_ms) as lower_ms
    from {{ ref('latency_bounds') }}

),

sliced as (

    select
        requests.called_on,
        requests.called_at,
        if(grouping(requests.service) = 1, 'all', requests.service) as service,
        if(grouping(requests.region) = 1, 'all', requests.region) as region,
        bounds.upper_ms,
        sum(requests.requests) as requests
    from requests
    inner join bounds
        on
            requests.latency_ms >= bounds.lower_ms
            and requests.latency_ms < bounds.upper_ms
    group by grouping sets (
        (requests.called_on, requests.called_at, bounds.upper_ms, requests.service),
        (requests.called_on, requests.called_at, bounds.upper_ms, requests.region),
        (requests.called_on, requests.called_at, bounds.upper_ms)
    )

)

select * from sliced

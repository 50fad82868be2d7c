with

requests as (

    select * from {{ source('silver', 'api_requests') }}

),

route_days as (

    select
        occurred_on as called_on,
        service,
        method,
        route,
        count(*) as requests
    from requests
    where {{ rebuilt('occurred_on') }}
    group by occurred_on, service, method, route

)

select * from route_days

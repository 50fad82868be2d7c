with

route_days as (

    select * from {{ ref('service_route_days') }}

),

services as (

    select
        service,
        count(distinct method, route) as routes,
        min(called_on) as first_called_on,
        max(called_on) as last_called_on
    from route_days
    group by service

)

select * from services

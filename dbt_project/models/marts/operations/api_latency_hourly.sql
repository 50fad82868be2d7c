with

histogram as (

    select * from {{ ref('api_histogram') }}
    where {{ rebuilt('called_on') }}

),

cells as (

    select
        called_on,
        called_at,
        service,
        region
    from {{ ref('api_slo_hourly') }}
    where
        not is_withheld
        and {{ rebuilt('called_on') }}

),

published as (

    select
        histogram.called_on,
        histogram.called_at,
        histogram.service,
        histogram.region,
        histogram.upper_ms,
        histogram.requests
    from histogram
    left semi join cells
        on
            histogram.called_on = cells.called_on
            and histogram.called_at = cells.called_at
            and histogram.service = cells.service
            and histogram.region = cells.region

)

select * from published

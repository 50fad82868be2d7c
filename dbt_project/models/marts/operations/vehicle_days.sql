with

events as (

    {% for family in event_families() %}
    select
        occurred_on,
        vehicle_key,
        is_late,
        boot_id
    from {{ source('silver', family) }}
    where {{ rebuilt('occurred_on') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}

),

per_day as (

    select
        occurred_on as observed_on,
        vehicle_key,
        count(*) as events,
        count_if(is_late) as late_events,
        count(boot_id) as own_events
    from events
    group by occurred_on, vehicle_key

)

select * from per_day

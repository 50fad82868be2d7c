with

accepted as (

    {% for family in event_families() if family != 'api_requests' %}
    select
        '{{ family }}' as family,
        vehicle_key,
        boot_id,
        sequence,
        occurred_on as heard_on
    from {{ source('silver', family) }}
    where
        boot_id is not null
        and sequence is not null
        and {{ rebuilt('occurred_on', back=2, ahead=2) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}

),

-- a refused event came: its numbers are in its headers
refused as (

    select
        family,
        vehicle_key,
        cast(get(filter(headers, header -> header.name = 'ce_bootid'), 0).value as string) as boot_id,
        cast(get(filter(headers, header -> header.name = 'ce_sequence'), 0).value as string) as sequence,
        if(occurred_on between date_sub(received_on, 400) and received_on, occurred_on, received_on) as heard_on,
        received_on
    from {{ source('silver', 'quarantine') }}
    where
        family <> 'api_requests'
        and vehicle_key <> ''
        and {{ rebuilt('received_on', back=2, ahead=3) }}

),

heard as (

    select * from accepted
    union all
    select
        family,
        vehicle_key,
        boot_id,
        cast(sequence as bigint) as sequence,
        heard_on
    from refused
    where
        boot_id <> ''
        and sequence rlike '^[0-9]{1,18}$'
        and heard_on >= date_sub(received_on, 1)
        and {{ rebuilt('heard_on', back=2, ahead=2) }}

),

after_silence as (

    select
        *,
        coalesce(
            datediff(heard_on, lag(heard_on) over (partition by family, vehicle_key, boot_id order by heard_on)) > 2, true
        ) as is_first
    from heard

),

begun as (

    select
        *,
        max(if(is_first, heard_on, null)) over (partition by family, vehicle_key, boot_id order by heard_on) as begun_on
    from after_silence

),

counts as (

    select
        begun_on,
        vehicle_key,
        family,
        boot_id,
        count(distinct sequence) as heard,
        max(sequence) as highest
    from begun
    where
        heard_on <= date_add(begun_on, 2)
        and {{ rebuilt('begun_on') }}
    group by begun_on, vehicle_key, family, boot_id

),

per_vehicle as (

    select
        begun_on,
        vehicle_key,
        count(*) as counts,
        sum(heard) as heard,
        sum(highest + 1 - heard) as lost
    from counts
    group by begun_on, vehicle_key

)

select * from per_vehicle

with

lifecycle as (

    select * from {{ source('silver', 'vehicle_lifecycle') }}

),

changes as (

    select
        vehicle_key,
        date(valid_from) as from_on,
        coalesce(last_value(model, true) over so_far, 'unknown') as model,
        coalesce(last_value(market, true) over so_far, 'unknown') as market,
        coalesce(last_value(if(kind = 'software_changed', software_version, null), true) over so_far, 'unknown') as sw_version,
        min(if(kind = 'sold', date(valid_from), null)) over so_far as sold_on,
        min(if(kind = 'scrapped', date(valid_from), null)) over so_far as scrapped_on,
        lead(date(valid_from)) over (partition by vehicle_key order by valid_from, occurred_at, event_id) as next_on
    from lifecycle
    window
        so_far as (
            partition by vehicle_key
            order by valid_from, occurred_at, event_id
            rows between unbounded preceding and current row
        )

),

ends_of_days as (

    select
        *,
        lag(struct(model, market, sw_version, sold_on, scrapped_on)) over (partition by vehicle_key order by from_on) as before
    from changes
    where next_on is null or next_on > from_on

),

intervals as (

    select
        vehicle_key,
        from_on,
        lead(from_on) over (partition by vehicle_key order by from_on) as to_on,
        model,
        market,
        sw_version,
        sold_on,
        scrapped_on
    from ends_of_days
    where before is null or before is distinct from struct(model, market, sw_version, sold_on, scrapped_on)

)

select * from intervals

with
marks as (select vehicle_key, from_on from changes group by all),
states as (
    select m.vehicle_key, m.from_on, {
        'model': coalesce(last(c.model order by c.valid_from, c.occurred_at, c.event_id) filter (c.model is not null), 'unknown'),
        'market': coalesce(last(c.market order by c.valid_from, c.occurred_at, c.event_id) filter (c.market is not null), 'unknown'),
        'sw_version': coalesce(
            last(c.software_version order by c.valid_from, c.occurred_at, c.event_id) filter (c.kind = 'software_changed'), 'unknown'
        ),
        'sold_on': min(c.from_on) filter (c.kind = 'sold'),
        'scrapped_on': min(c.from_on) filter (c.kind = 'scrapped')
    } as state
    from marks m join changes c on c.vehicle_key = m.vehicle_key and c.from_on <= m.from_on
    group by m.vehicle_key, m.from_on
),
begun as (
    select *
    from states
    qualify state is distinct from lag(state) over (partition by vehicle_key order by from_on) or row_number() over (partition by vehicle_key order by from_on) = 1
)
select vehicle_key, from_on, lead(from_on) over (partition by vehicle_key order by from_on) as to_on, unnest(state) from begun

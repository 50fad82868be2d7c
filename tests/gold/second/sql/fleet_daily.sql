with
heard_from as (
    select cast(observed_on + n as date) as day, vehicle_key from vehicle_days, (select cast(unnest(range(28)) as int) as n)
    where own_events > 0 group by all
),
units as (
    select day, vehicle_key from states where is_active
    union select observed_on, vehicle_key from vehicle_days
    union select begun_on, vehicle_key from boots
),
described as (
    select u.day, coalesce(s.model, 'unknown') as model, coalesce(s.market, 'unknown') as market, coalesce(s.is_active, false) as is_active,
        coalesce(s.is_active, false) and h.day is not null as is_heard, v.day is not null or b.begun_on is not null as is_seen,
        v.events, v.late_events, b.heard, b.lost
    from units u
    left join states s on s.day = u.day and s.vehicle_key = u.vehicle_key
    left join heard_from h on h.day = u.day and h.vehicle_key = u.vehicle_key
    left join (select observed_on as day, * from vehicle_days) v on v.day = u.day and v.vehicle_key = u.vehicle_key
    left join boots b on b.begun_on = u.day and b.vehicle_key = u.vehicle_key
),
counted as (
    select day as observed_on, coalesce(model, 'all') as model, coalesce(market, 'all') as market, count(*) filter (is_active) as active,
        count(*) filter (is_heard) as heard_from, count(*) filter (is_seen) as vehicles, coalesce(sum(events), 0) as events,
        coalesce(sum(late_events), 0) as late_events, coalesce(sum(heard), 0) as numbers_heard, coalesce(sum(lost), 0) as numbers_lost
    from described group by grouping sets ((day), (day, model), (day, market), (day, model, market))
)
select *, heard_from / nullif(active, 0) as coverage, late_events / nullif(events, 0) as late_share,
    numbers_lost / nullif(numbers_heard + numbers_lost, 0) as loss_share, false as is_withheld
from counted

with
starts as (
    select occurred_on as started_on, vehicle_key, session_id, first(location_kind order by occurred_at, received_at, event_id) as location_kind
    from silver.charging where step = 'started' group by all
),
begun as (
    select s.* from starts s
    semi join calendar on day = s.started_on
    anti join starts b on b.vehicle_key = s.vehicle_key and b.session_id = s.session_id and b.started_on = s.started_on - 1
)
select b.started_on, b.vehicle_key, b.session_id, coalesce(b.location_kind, 'unknown') as location_kind,
    case
        when count(e.event_id) = 0 then 'open'
        when last(e.stop_reason order by e.occurred_at, e.received_at, e.event_id) in ('target_reached', 'user') then 'succeeded'
        when last(e.stop_reason order by e.occurred_at, e.received_at, e.event_id) in ('vehicle_fault', 'station_fault')
            then last(e.stop_reason order by e.occurred_at, e.received_at, e.event_id)
        else 'other'
    end as ending,
    last(e.energy_wh order by e.occurred_at, e.received_at, e.event_id) as energy_wh
from begun b
left join silver.charging e on e.step = 'stopped' and e.vehicle_key = b.vehicle_key and e.session_id = b.session_id
    and e.occurred_on between b.started_on and b.started_on + 1
group by b.started_on, b.vehicle_key, b.session_id, b.location_kind

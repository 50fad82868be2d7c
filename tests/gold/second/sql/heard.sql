-- one row per family, vehicle, boot, number and day on which it was heard, accepted or refused; what was refused days after it happened was not heard
select family, vehicle_key, boot_id, sequence, day
from (
    select family, vehicle_key, boot_id, sequence, occurred_on as day from events
    union all
    select family, vehicle_key, boot_id, sequence,
        case when occurred_on between received_on - 400 and received_on then occurred_on else received_on end
    from refused
    where coalesce(occurred_on not between received_on - 400 and received_on - 2, true)
)
where family <> 'api_requests' and boot_id is not null and sequence is not null
group by all

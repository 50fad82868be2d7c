select
    used.occurred_on as used_on,
    used.vehicle_key,
    max(vehicles.software) as software,
    count(*) as uses
from {{ source('silver', 'feature_usage') }} as used
inner join {{ ref('calendar') }} as calendar on used.occurred_on = calendar.day
left join {{ ref('vehicles') }} as vehicles
    on
        used.vehicle_key = vehicles.vehicle_key
        and vehicles.from_on <= used.occurred_on
        and used.occurred_on < coalesce(vehicles.to_on, date'9999-12-31')
where {{ rebuilt('used.occurred_on') }}
group by used.occurred_on, used.vehicle_key

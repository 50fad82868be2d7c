select
    calendar.day as used_on,
    coalesce(uses.software, 'unknown') as software,
    sum(uses.uses) as uses
from {{ ref('calendar') }} as calendar
inner join {{ ref('uses') }} as uses on uses.used_on between date_sub(calendar.day, 2) and calendar.day
where {{ rebuilt('calendar.day') }} and {{ rebuilt('uses.used_on', back=2) }}
group by calendar.day, coalesce(uses.software, 'unknown')

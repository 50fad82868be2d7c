select c.day as occurred_on, f.family, count(e.event_id) as events, count_if(e.is_late) as late_events, count_if(e.is_resend) as resent_events
from calendar c
cross join (select family from events group by family) f
left join events e on e.family = f.family and e.occurred_on = c.day
group by c.day, f.family

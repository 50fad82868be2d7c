select occurred_on as observed_on, vehicle_key, count(*) as events, count(*) filter (is_late) as late_events, count(boot_id) as own_events
from events semi join calendar on day = occurred_on group by all

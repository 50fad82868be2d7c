-- one row per day of the calendar and vehicle that the register knows by then
select c.day, v.vehicle_key, v.model, v.market, v.sw_version, v.sold_on is not null and v.scrapped_on is null as is_active
from (select day, vehicle_key from calendar, (select vehicle_key from vehicles group by all)) c
asof join vehicles v on c.vehicle_key = v.vehicle_key and c.day >= v.from_on

-- one row per day of the calendar, vehicle and feature for which it is eligible
select c.day, v.vehicle_key, v.feature_id
from calendar c join vehicle_features v on v.is_eligible and c.day >= v.from_on and c.day < coalesce(v.to_on, date '9999-01-01')

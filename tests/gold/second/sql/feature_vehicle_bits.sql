with
active as (select used_on, vehicle_key, feature_id from feature_vehicle_days where is_eligible and successes > 0),
spread as (
    select cast(used_on + n as date) as counted_on, vehicle_key, feature_id, n from active, (select cast(unnest(range(28)) as int) as n)
)
select a.counted_on, a.vehicle_key, a.feature_id, any_value(s.model) as model, any_value(s.market) as market,
    any_value(s.sw_version) as sw_version, bool_or(e.day is not null) as is_eligible, cast(sum(1 << n) as int) as bits
from spread a
join states s on s.day = a.counted_on and s.vehicle_key = a.vehicle_key
left join eligibility e on e.day = a.counted_on and e.vehicle_key = a.vehicle_key and e.feature_id = a.feature_id
group by a.counted_on, a.vehicle_key, a.feature_id

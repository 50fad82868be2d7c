select u.used_on, u.vehicle_key, u.feature_id, coalesce(s.model, 'unknown') as model, coalesce(s.market, 'unknown') as market,
    coalesce(s.sw_version, 'unknown') as sw_version, u.is_eligible, u.uses, u.successes, u.duration_ms
from uses u
join calendar c on c.day = u.used_on
left join states s on s.day = u.used_on and s.vehicle_key = u.vehicle_key

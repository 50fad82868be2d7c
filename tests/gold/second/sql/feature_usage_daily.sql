with
seen as (
    select day as used_on, vehicle_key, feature_id, true as is_eligible, 0 as uses, 0 as successes, 0 as duration_ms, 0 as bits from eligibility
    union all
    select used_on, vehicle_key, feature_id, is_eligible, uses, successes, duration_ms, 0 from feature_vehicle_days
    union all
    select counted_on, vehicle_key, feature_id, is_eligible, 0, 0, 0, bits from feature_vehicle_bits
),
units as (
    select used_on, vehicle_key, feature_id, bool_or(is_eligible) as e, sum(uses) as uses, sum(successes) as successes,
        sum(duration_ms) as duration_ms, max(bits) as bits
    from seen semi join features using (feature_id) group by used_on, vehicle_key, feature_id
),
described as (
    select u.*, coalesce(s.model, 'unknown') as model, coalesce(s.market, 'unknown') as market, coalesce(s.sw_version, 'unknown') as sw_version,
        f.from_on <= u.used_on as is_adopted
    from units u
    left join states s on s.day = u.used_on and s.vehicle_key = u.vehicle_key
    left join feature_first_uses f on f.vehicle_key = u.vehicle_key and f.feature_id = u.feature_id
),
counted as (
    select used_on, feature_id, coalesce(model, 'all') as model, coalesce(market, 'all') as market, coalesce(sw_version, 'all') as sw_version,
        count(*) filter (e) as eligible,
        count(*) filter (e and uses > 0) as users,
        count(*) filter (e and successes > 0) as dav,
        count(*) filter (e and bits & 127 > 0) as wav,
        count(*) filter (e and bits > 0) as mav,
        count(*) filter (e and is_adopted) as adopted,
        count(*) filter (not e and bits > 0) as former_users,
        count(*) filter (not e and uses > 0) as users_not_eligible,
        coalesce(sum(uses) filter (e), 0) as uses,
        coalesce(sum(successes) filter (e), 0) as successes,
        coalesce(sum(duration_ms) filter (e), 0) as duration_ms,
        coalesce(sum(bit_count(bits)) filter (e), 0) as active_days,
        coalesce(sum(uses) filter (not e), 0) as uses_not_eligible
    from described
    group by grouping sets (
        (used_on, feature_id), (used_on, feature_id, model), (used_on, feature_id, market), (used_on, feature_id, sw_version),
        (used_on, feature_id, model, market, sw_version)
    )
),
whole as (
    from counted
    union all by name
    select c.day as used_on, c.feature_id, 'all' as model, 'all' as market, 'all' as sw_version, 0 as eligible, 0 as users, 0 as dav, 0 as wav,
        0 as mav, 0 as adopted, 0 as former_users, 0 as users_not_eligible, 0 as uses, 0 as successes, 0 as duration_ms, 0 as active_days,
        0 as uses_not_eligible
    from (select day, feature_id from calendar, features) c anti join counted n on n.used_on = c.day and n.feature_id = c.feature_id
)
select *, adopted / nullif(eligible, 0) as adoption, mav / nullif(eligible, 0) as penetration, dav / nullif(mav, 0) as stickiness,
    active_days / nullif(mav, 0) as intensity, successes / nullif(uses, 0) as success_rate, false as is_withheld
from whole

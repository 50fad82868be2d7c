with
pairs as (
    select c.vehicle_key, f.feature_id, f.minimum_ordinal, f.consent_purpose, f.disabled_markets, min(c.from_on) as first_on,
        min(c.from_on) filter (c.kind = 'equipped') as equipped_on
    from changes c join features f on f.feature_id = c.feature_id
    where c.kind in ('equipped', 'entitled', 'entitlement_ended')
    group by all
),
entitlements as (
    select vehicle_key, feature_id, from_on, last(kind order by valid_from, occurred_at, event_id) = 'entitled' as is_entitled
    from changes where kind in ('entitled', 'entitlement_ended') group by vehicle_key, feature_id, from_on
),
decisions as (
    select vehicle_key, purpose, cast(occurred_at as date) as from_on, last(is_given order by occurred_at, event_id) as is_given
    from silver.consents group by vehicle_key, purpose, cast(occurred_at as date)
),
marks as (
    select vehicle_key, feature_id, first_on as from_on from pairs
    union select vehicle_key, feature_id, from_on from entitlements join pairs using (vehicle_key, feature_id)
    union select vehicle_key, feature_id, equipped_on from pairs where equipped_on is not null
    union select vehicle_key, feature_id, v.from_on from vehicles v join pairs using (vehicle_key) where v.from_on >= first_on
    union select p.vehicle_key, p.feature_id, d.from_on
        from decisions d join pairs p on p.vehicle_key = d.vehicle_key and p.consent_purpose = d.purpose where d.from_on >= p.first_on
),
parts as (
    select m.vehicle_key, m.feature_id, m.from_on,
        v.scrapped_on is null and p.equipped_on is not null and p.equipped_on <= m.from_on as is_equipped,
        v.scrapped_on is null and coalesce(t.is_entitled, false) as is_entitled,
        coalesce(s.ordinal >= p.minimum_ordinal, false) as has_software,
        not list_contains(p.disabled_markets, v.market) as is_market_enabled,
        p.consent_purpose is null or coalesce(d.is_given, false) as has_consent
    from marks m
    join pairs p on p.vehicle_key = m.vehicle_key and p.feature_id = m.feature_id
    asof join vehicles v on v.vehicle_key = m.vehicle_key and m.from_on >= v.from_on
    asof left join entitlements t on t.vehicle_key = m.vehicle_key and t.feature_id = m.feature_id and m.from_on >= t.from_on
    asof left join decisions d on d.vehicle_key = m.vehicle_key and d.purpose = p.consent_purpose and m.from_on >= d.from_on
    left join seeds.software_versions s on s.sw_version = v.sw_version
),
states as (
    select vehicle_key, feature_id, from_on, {
        'is_equipped': is_equipped, 'is_entitled': is_entitled,
        'has_software': has_software, 'is_market_enabled': is_market_enabled, 'has_consent': has_consent,
        'is_eligible': is_equipped and is_entitled and has_software and is_market_enabled and has_consent
    } as state from parts
),
begun as (
    select *
    from states
    qualify state is distinct from lag(state) over (partition by vehicle_key, feature_id order by from_on) or row_number() over (partition by vehicle_key, feature_id order by from_on) = 1
)
select vehicle_key, feature_id, from_on, lead(from_on) over (partition by vehicle_key, feature_id order by from_on) as to_on, unnest(state)
from begun

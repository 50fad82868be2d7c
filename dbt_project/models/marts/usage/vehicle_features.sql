with

lifecycle as (

    select * from {{ source('silver', 'vehicle_lifecycle') }}
    where kind in ('equipped', 'entitled', 'entitlement_ended')

),

consents as (

    select * from {{ source('silver', 'consents') }}

),

vehicles as (

    select * from {{ ref('vehicles') }}

),

features as (

    select * from {{ ref('features') }}

),

software_versions as (

    select * from {{ ref('software_versions') }}

),

needs as (

    select
        *,
        coalesce(string(minimum_ordinal), '') || ' ' || array_join(disabled_markets, ' ') as need
    from features

),

different_needs as (

    select
        need,
        minimum_ordinal,
        disabled_markets
    from needs
    group by need, minimum_ordinal, disabled_markets

),

rights as (

    select
        lifecycle.vehicle_key,
        lifecycle.feature_id,
        date(lifecycle.valid_from) as from_on,
        if(bool_or(lifecycle.kind = 'equipped'), true, null) as is_equipped,
        max_by(
            lifecycle.kind = 'entitled', struct(lifecycle.valid_from, lifecycle.occurred_at, lifecycle.event_id)
        ) filter (where lifecycle.kind <> 'equipped') as is_entitled
    from lifecycle
    inner join features on lifecycle.feature_id = features.feature_id
    group by lifecycle.vehicle_key, lifecycle.feature_id, date(lifecycle.valid_from)

),

pairs as (

    select
        rights.vehicle_key,
        rights.feature_id,
        needs.need,
        needs.consent_purpose,
        min(rights.from_on) as first_on
    from rights
    inner join needs on rights.feature_id = needs.feature_id
    group by rights.vehicle_key, rights.feature_id, needs.need, needs.consent_purpose

),

vehicle_states as ( -- for each need, not each feature: a vehicle has hundreds of versions in its life, and one of them opens a feature

    select
        vehicles.vehicle_key,
        different_needs.need,
        vehicles.from_on,
        struct(
            vehicles.scrapped_on is not null as is_scrapped,
            coalesce(software_versions.ordinal >= different_needs.minimum_ordinal, false) as has_software,
            not array_contains(different_needs.disabled_markets, vehicles.market) as is_market_enabled
        ) as vehicle
    from vehicles
    left join software_versions on vehicles.sw_version = software_versions.sw_version
    cross join different_needs

),

vehicle_changes as (

    select
        *,
        lag(vehicle) over (partition by vehicle_key, need order by from_on) as before
    from vehicle_states

),

decisions as (

    select
        vehicle_key,
        purpose,
        occurred_on as from_on,
        max_by(is_given, struct(occurred_at, event_id)) as has_consent
    from consents
    group by vehicle_key, purpose, occurred_on

),

changes as (

    select
        vehicle_key,
        feature_id,
        from_on,
        is_equipped,
        is_entitled,
        null as vehicle,
        null as has_consent
    from rights
    union all
    select
        pairs.vehicle_key,
        pairs.feature_id,
        vehicle_changes.from_on,
        null as is_equipped,
        null as is_entitled,
        vehicle_changes.vehicle,
        null as has_consent
    from pairs
    inner join vehicle_changes on pairs.vehicle_key = vehicle_changes.vehicle_key and pairs.need = vehicle_changes.need
    where vehicle_changes.before is null or vehicle_changes.before <> vehicle_changes.vehicle
    union all
    select
        pairs.vehicle_key,
        pairs.feature_id,
        decisions.from_on,
        null as is_equipped,
        null as is_entitled,
        null as vehicle,
        decisions.has_consent
    from pairs
    inner join decisions on pairs.vehicle_key = decisions.vehicle_key and pairs.consent_purpose = decisions.purpose

),

states as ( -- of each thing at most one change a day: the range takes in what else changed on the day

    select
        vehicle_key,
        feature_id,
        from_on,
        last_value(is_equipped, true) over so_far as is_equipped,
        last_value(is_entitled, true) over so_far as is_entitled,
        last_value(vehicle, true) over so_far as vehicle,
        last_value(has_consent, true) over so_far as has_consent,
        lead(from_on) over (partition by vehicle_key, feature_id order by from_on) as next_on
    from changes
    window
        so_far as (
            partition by vehicle_key, feature_id
            order by from_on
            range between unbounded preceding and current row
        )

),

conditions as (

    select
        states.vehicle_key,
        states.feature_id,
        states.from_on,
        coalesce(states.is_equipped, false) and not states.vehicle.is_scrapped as is_equipped,
        coalesce(states.is_entitled, false) and not states.vehicle.is_scrapped as is_entitled,
        states.vehicle.has_software,
        states.vehicle.is_market_enabled,
        pairs.consent_purpose is null or coalesce(states.has_consent, false) as has_consent
    from states
    inner join pairs on states.vehicle_key = pairs.vehicle_key and states.feature_id = pairs.feature_id
    where
        states.from_on >= pairs.first_on
        and (states.next_on is null or states.next_on > states.from_on)

),

marked as (

    select
        *,
        is_equipped and is_entitled and has_software and is_market_enabled and has_consent as is_eligible,
        struct(is_equipped, is_entitled, has_software, is_market_enabled, has_consent) as state
    from conditions

),

compared as (

    select
        *,
        lag(state) over (partition by vehicle_key, feature_id order by from_on) as before
    from marked

),

intervals as (

    select
        vehicle_key,
        feature_id,
        from_on,
        lead(from_on) over (partition by vehicle_key, feature_id order by from_on) as to_on,
        is_equipped,
        is_entitled,
        has_software,
        is_market_enabled,
        has_consent,
        is_eligible
    from compared
    where before is null or before <> state

)

select * from intervals

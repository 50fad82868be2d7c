with

updates as (

    select * from {{ ref('vehicle_updates') }}
    where {{ rebuilt('from_on') }}

),

campaigns as (

    select
        campaign_id,
        from_on as begun_on,
        count(*) as updated_vehicles,
        date_add(
            from_on, cast(percentile_disc(0.5) within group(order by datediff(updated_on, from_on)) as int)
        ) as middle_on
    from updates
    where updated_on <= date_add(from_on, 27)
    group by campaign_id, from_on

),

-- each vehicle with the day that its before and after are counted from
members as (

    select
        updates.campaign_id,
        updates.vehicle_key,
        coalesce(updates.updated_on <= date_add(campaigns.begun_on, 27), false) as is_updated,
        if(updates.updated_on <= date_add(campaigns.begun_on, 27), updates.updated_on, campaigns.middle_on) as counted_from_on
    from updates
    inner join campaigns on updates.campaign_id = campaigns.campaign_id
    where
        updates.updated_on is null
        or updates.updated_on <= date_add(campaigns.begun_on, 27)
        or updates.updated_on > date_add(campaigns.middle_on, 7)

),

controls as (

    select
        campaign_id,
        count_if(not is_updated) as control_vehicles
    from members
    group by campaign_id

),

outcomes as (

    select
        'command_success' as kpi,
        vehicle_key,
        requested_on as happened_on,
        if(state = 'executed', 1, 0) as good,
        1 as total
    from {{ ref('commands') }}
    where
        state not in ('cancelled', 'open')
        and {{ rebuilt('requested_on', back=7, ahead=34) }}
    union all
    select
        'charging_success' as kpi,
        vehicle_key,
        started_on as happened_on,
        if(ending = 'succeeded', 1, 0) as good,
        1 as total
    from {{ ref('charging_sessions') }}
    where {{ rebuilt('started_on', back=7, ahead=34) }}
    union all
    select
        'feature_success' as kpi,
        vehicle_key,
        used_on as happened_on,
        successes as good,
        uses as total
    from {{ ref('feature_vehicle_days') }}
    where {{ rebuilt('used_on', back=7, ahead=34) }}

),

compared as (

    select
        members.campaign_id,
        outcomes.kpi,
        members.is_updated,
        outcomes.happened_on < members.counted_from_on as is_before,
        sum(outcomes.good) as good,
        sum(outcomes.total) as total
    from members
    inner join outcomes
        on
            members.vehicle_key = outcomes.vehicle_key
            and members.counted_from_on between date_sub(outcomes.happened_on, 7) and date_add(outcomes.happened_on, 7)
            and members.counted_from_on <> outcomes.happened_on
    group by members.campaign_id, outcomes.kpi, members.is_updated, is_before

),

kpis as (

    select
        campaigns.*,
        explode(array('command_success', 'charging_success', 'feature_success')) as kpi
    from campaigns

),

summed as (

    select
        kpis.begun_on,
        kpis.campaign_id,
        kpis.kpi,
        kpis.middle_on,
        kpis.updated_vehicles,
        controls.control_vehicles,
        coalesce(sum(if(compared.is_updated and compared.is_before, compared.good, 0)), 0) as good_before,
        coalesce(sum(if(compared.is_updated and compared.is_before, compared.total, 0)), 0) as total_before,
        coalesce(sum(if(compared.is_updated and not compared.is_before, compared.good, 0)), 0) as good_after,
        coalesce(sum(if(compared.is_updated and not compared.is_before, compared.total, 0)), 0) as total_after,
        coalesce(sum(if(not compared.is_updated and compared.is_before, compared.good, 0)), 0) as control_good_before,
        coalesce(sum(if(not compared.is_updated and compared.is_before, compared.total, 0)), 0) as control_total_before,
        coalesce(sum(if(not compared.is_updated and not compared.is_before, compared.good, 0)), 0) as control_good_after,
        coalesce(sum(if(not compared.is_updated and not compared.is_before, compared.total, 0)), 0) as control_total_after
    from kpis
    inner join controls on kpis.campaign_id = controls.campaign_id
    left join compared
        on
            kpis.campaign_id = compared.campaign_id
            and kpis.kpi = compared.kpi
    group by kpis.begun_on, kpis.campaign_id, kpis.kpi, kpis.middle_on, kpis.updated_vehicles, controls.control_vehicles

),

changed as (

    select
        *,
        good_after / nullif(total_after, 0) - good_before / nullif(total_before, 0) as change,
        control_good_after / nullif(control_total_after, 0)
        - control_good_before / nullif(control_total_before, 0) as control_change
    from summed

),

rated as (

    select
        *,
        change - control_change as effect
    from changed

),

published as (

    {{ withheld(
        'rated',
        within=['begun_on', 'campaign_id'],
        slices=['kpi'],
        keep=['middle_on'],
        counts={
            'updated_vehicles': ['good_before', 'total_before', 'good_after', 'total_after', 'change', 'effect'],
            'control_vehicles': [
                'control_good_before', 'control_total_before', 'control_good_after', 'control_total_after',
                'control_change', 'effect',
            ],
        }) }}

)

select * from published

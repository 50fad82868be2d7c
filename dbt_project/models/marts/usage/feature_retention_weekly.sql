with

weeks as (

    select
        day as week_ended_on,
        date_sub(day, 6) as week_on
    from {{ ref('calendar') }}
    where dayofweek(day) = 1 and {{ rebuilt('day') }}

),

features as (

    select feature_id from {{ ref('features') }}

),

first_uses as (

    select
        vehicle_key,
        feature_id,
        date(date_trunc('week', from_on)) as cohort_on
    from {{ ref('feature_first_uses') }}

),

active_weeks as ( -- the week before, too: a vehicle is retained if it was active then

    select
        vehicle_key,
        feature_id,
        date(date_trunc('week', used_on)) as week_on
    from {{ ref('feature_vehicle_days') }}
    where is_eligible and successes > 0 and {{ rebuilt('used_on', back=13) }}
    group by vehicle_key, feature_id, date(date_trunc('week', used_on))

),

activity as (

    select
        active_weeks.feature_id,
        active_weeks.week_on,
        first_uses.cohort_on,
        active_weeks.week_on = first_uses.cohort_on as is_new,
        date_sub(active_weeks.week_on, 7) <=> lag(active_weeks.week_on) over (
            partition by active_weeks.vehicle_key, active_weeks.feature_id
            order by active_weeks.week_on
        ) as was_active
    from active_weeks
    inner join first_uses
        on active_weeks.vehicle_key = first_uses.vehicle_key and active_weeks.feature_id = first_uses.feature_id

),

active as (

    select
        feature_id,
        week_on,
        cohort_on,
        count(*) as active,
        count_if(is_new) as new,
        count_if(was_active and not is_new) as retained,
        count_if(not was_active and not is_new) as resurrected
    from activity
    group by feature_id, week_on, cohort_on

),

cohorts as (

    select
        feature_id,
        cohort_on,
        count(*) as vehicles
    from first_uses
    group by feature_id, cohort_on

),

cohort_weeks as (

    select
        weeks.week_ended_on,
        weeks.week_on,
        features.feature_id,
        cohorts.cohort_on,
        coalesce(cohorts.vehicles, 0) as vehicles,
        coalesce(active.active, 0) as active,
        coalesce(active.new, 0) as new,
        coalesce(active.retained, 0) as retained,
        coalesce(active.resurrected, 0) as resurrected
    from weeks
    cross join features
    left join cohorts on features.feature_id = cohorts.feature_id and weeks.week_on >= cohorts.cohort_on
    left join active
        on cohorts.feature_id = active.feature_id and cohorts.cohort_on = active.cohort_on and weeks.week_on = active.week_on

),

summed as (

    select
        week_ended_on,
        feature_id,
        grouping(cohort_on) as is_total,
        coalesce(string(cohort_on), 'all') as cohort,
        int(datediff(week_on, cohort_on) / 7) as weeks_after,
        sum(vehicles) as vehicles,
        sum(active) as active,
        sum(new) as new,
        sum(retained) as retained,
        sum(resurrected) as resurrected,
        sum(vehicles) - sum(active) as dormant,
        sum(active) / nullif(sum(vehicles), 0) as retention
    from cohort_weeks
    group by grouping sets ((week_ended_on, week_on, feature_id), (week_ended_on, week_on, feature_id, cohort_on))

),

counted as ( -- a feature that nobody has used yet has a total only

    select * from summed
    where is_total = 1 or weeks_after is not null

),

published as (

    {{ withheld(
        'counted',
        within=['week_ended_on', 'feature_id'],
        slices=['cohort'],
        keep=['weeks_after'],
        counts={
            'vehicles': ['retention'],
            'active': ['retention'],
            'new': [],
            'retained': [],
            'resurrected': [],
            'dormant': [],
        },
        sums={'vehicles': ['active', 'dormant'], 'active': ['new', 'retained', 'resurrected']},
    ) | indent(4) }}

)

select * from published

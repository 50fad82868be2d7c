with
weeks as (select cast(day as date) as week_ended_on, cast(day - 6 as date) as monday from calendar where isodow(day) = 7),
active as (
    select vehicle_key, feature_id, cast(date_trunc('week', used_on) as date) as monday
    from feature_vehicle_days where is_eligible and successes > 0 group by all
),
members as (
    select w.week_ended_on, w.monday, f.feature_id, f.vehicle_key, cast(date_trunc('week', f.from_on) as date) as cohort,
        a.vehicle_key is not null as is_active, b.vehicle_key is not null as was_active
    from weeks w
    join feature_first_uses f on f.from_on <= w.week_ended_on
    left join active a on a.vehicle_key = f.vehicle_key and a.feature_id = f.feature_id and a.monday = w.monday
    left join active b on b.vehicle_key = f.vehicle_key and b.feature_id = f.feature_id and b.monday = w.monday - 7
),
counted as (
    select week_ended_on, feature_id, monday, cohort as cohort_on, count(*) as vehicles, count(*) filter (is_active) as active, count(*) filter (cohort = monday) as new,
        count(*) filter (cohort < monday and is_active and was_active) as retained, count(*) filter (cohort < monday and is_active and not was_active) as resurrected,
        count(*) filter (not is_active) as dormant
    from members group by grouping sets ((week_ended_on, feature_id, monday, cohort), (week_ended_on, feature_id, monday))
),
whole as (
    from counted
    union all
    select c.week_ended_on, c.feature_id, c.monday, null, 0, 0, 0, 0, 0, 0 from (select w.*, f.feature_id from weeks w, features f) c
    anti join counted n on n.week_ended_on = c.week_ended_on and n.feature_id = c.feature_id
)
select week_ended_on, feature_id, coalesce(strftime(cohort_on, '%Y-%m-%d'), 'all') as cohort, (monday - cohort_on) // 7 as weeks_after, vehicles,
    active, new, retained, resurrected, dormant, active / nullif(vehicles, 0) as retention, false as is_withheld
from whole

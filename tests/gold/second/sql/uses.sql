-- one row per vehicle, feature and day with a use, in the calendar or not; eligible as of that day
with
attempts as (
    select occurred_on as used_on, vehicle_key, feature_id, coalesce(correlation_id, event_id) as attempt,
        bool_or(outcome = 'done') filter (action in ('started', 'stopped')) as is_success, sum(coalesce(duration_ms, 0)) as duration_ms
    from silver.feature_usage group by all having bool_or(action in ('started', 'stopped'))
),
days as (
    select used_on, vehicle_key, feature_id, count(*) as uses, count(*) filter (is_success) as successes, cast(sum(duration_ms) as bigint) as duration_ms
    from attempts group by all
)
select d.*, coalesce(e.is_eligible, false) as is_eligible
from days d asof left join vehicle_features e on e.vehicle_key = d.vehicle_key and e.feature_id = d.feature_id and d.used_on >= e.from_on

select measured_on, driver, owner_kind, owner_id, cast(sum(quantity) as bigint) as quantity, count(distinct vehicle_key) as vehicles
from (
    select occurred_on as measured_on, 'requests' as driver, 'service' as owner_kind, service as owner_id, 1 as quantity, vehicle_key from silver.api_requests
    union all
    select occurred_on, 'tokens', 'service', 'assistant', coalesce(tokens_in, 0) + coalesce(tokens_out, 0), vehicle_key from silver.assistant_interactions
    union all
    select occurred_on, 'rows', 'feature', feature_id, 1, vehicle_key from silver.feature_usage
)
semi join calendar on day = measured_on
where quantity > 0
group by all

select campaign_id, 'software' as kind, last(to_version order by occurred_at, vehicle_key, event_id) as to_version, min(occurred_on) as began_on,
    max(occurred_on) as latest_on, null::bigint as models, null::integer as first_model_year, null::integer as last_model_year
from silver.ota_updates group by campaign_id

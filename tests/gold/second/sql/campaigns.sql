select campaign_id, 'software' as kind, last(to_version order by occurred_at, vehicle_key, event_id) as to_version, min(occurred_on) as began_on,
    max(occurred_on) as latest_on, null as models, null as first_model_year, null as last_model_year
from silver.ota_updates group by campaign_id
union all
select campaign_id, 'recall', null, null, null, count(distinct (make, model)), min(model_year), max(model_year) from silver.recalls group by campaign_id

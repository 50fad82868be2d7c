-- changes of vehicles, each on the day from which it holds
select vehicle_key, kind, feature_id, software_version, model, market, valid_from, occurred_at, event_id, cast(valid_from as date) as from_on
from silver.vehicle_lifecycle

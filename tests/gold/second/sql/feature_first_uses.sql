select vehicle_key, feature_id, min(used_on) as from_on, cast(null as date) as to_on
from uses where is_eligible and successes > 0 group by all

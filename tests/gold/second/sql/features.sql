select f.feature_id, f.name, f.is_subscription, f.minimum_software, s.ordinal as minimum_ordinal, f.consent_purpose,
    list_filter(string_split(coalesce(f.disabled_markets, ''), '|'), lambda market: market <> '') as disabled_markets
from seeds.feature_catalogue f left join seeds.software_versions s on s.sw_version = f.minimum_software

select
    vehicle_key,
    software_version as software,
    cast(valid_from as date) as from_on,
    lead(cast(valid_from as date)) over (partition by vehicle_key order by valid_from) as to_on
from {{ source('silver', 'vehicle_lifecycle') }}

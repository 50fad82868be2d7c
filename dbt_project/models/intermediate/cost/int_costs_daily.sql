-- Effective cost by day and owner, in EUR.
select
    charged_on,
    owner_kind,
    owner_id,
    sum(effective_cost_eur) as cost_eur
from {{ ref('cost_allocation') }}
group by charged_on, owner_kind, owner_id

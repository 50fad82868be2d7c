with

charged as (

    select
        provider_name,
        billing_account_id,
        billing_period_on,
        coalesce(invoice_id, 'none') as invoice_id,
        billing_currency,
        count(*) as charges,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ source('silver', 'cost_charges') }}
    group by provider_name, billing_account_id, billing_period_on, coalesce(invoice_id, 'none'), billing_currency

),

allocated as (

    select
        provider_name,
        billing_account_id,
        billing_period_on,
        coalesce(invoice_id, 'none') as invoice_id,
        billing_currency,
        sum(if(owner_kind = 'unallocated', 0, billed_cost)) as billed_cost_allocated,
        sum(if(owner_kind = 'unallocated', billed_cost, 0)) as billed_cost_unallocated,
        sum(if(owner_kind = 'unallocated', 0, effective_cost)) as effective_cost_allocated,
        sum(if(owner_kind = 'unallocated', effective_cost, 0)) as effective_cost_unallocated
    from {{ ref('cost_allocation') }}
    group by provider_name, billing_account_id, billing_period_on, coalesce(invoice_id, 'none'), billing_currency

)

select
    charged.provider_name,
    charged.billing_account_id,
    charged.billing_period_on,
    charged.invoice_id,
    charged.billing_currency,
    charged.charges,
    charged.billed_cost,
    allocated.billed_cost_allocated,
    allocated.billed_cost_unallocated,
    charged.effective_cost,
    allocated.effective_cost_allocated,
    allocated.effective_cost_unallocated
from charged
left join allocated
    on
        charged.provider_name = allocated.provider_name
        and charged.billing_account_id = allocated.billing_account_id
        and charged.billing_period_on = allocated.billing_period_on
        and charged.invoice_id = allocated.invoice_id
        and charged.billing_currency = allocated.billing_currency

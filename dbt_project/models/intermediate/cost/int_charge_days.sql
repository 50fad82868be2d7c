-- The UTC days that each charge's period touches, with the microseconds of it on that day; of charges that touch a day which is built now.
with

charges as (

    select
        charge_id,
        charge_period_start,
        charge_period_end,
        provider_name,
        billing_account_id,
        billing_period_on,
        invoice_id,
        charge_category,
        service_category,
        service_name,
        resource_id,
        billing_currency,
        amount_scale,
        billed_cost,
        effective_cost,
        list_cost,
        contracted_cost,
        nullif(get_json_object(tags, '$.application'), '') as application,
        nullif(get_json_object(tags, '$.training_run'), '') as training_run
    from {{ source('silver', 'cost_charges') }}
    where {{ touches_rebuilt('charge_period_start', 'charge_period_end', of='cost_allocation') }}

),

days as (

    select
        *,
        explode(
            sequence(
                cast(charge_period_start as date),
                cast(charge_period_end - interval 1 microsecond as date),
                interval 1 day
            )
        ) as charged_on
    from charges

)

select
    * except (charge_period_start, charge_period_end),
    cast(
        unix_micros(least(charge_period_end, cast(date_add(charged_on, 1) as timestamp)))
        - unix_micros(greatest(charge_period_start, cast(charged_on as timestamp))) as decimal(38, 0)
    ) as microseconds
from days

with

charge_days as (

    select
        charge_id,
        charged_on,
        microseconds,
        application,
        service_name,
        amount_scale,
        billed_cost,
        effective_cost,
        list_cost,
        contracted_cost,
        struct(
            provider_name,
            billing_account_id,
            billing_period_on,
            invoice_id,
            charge_category,
            service_category,
            resource_id,
            training_run,
            billing_currency
        ) as charge
    from {{ ref('int_charge_days') }}

),

amounts as ( -- four costs and the ratio, each a row, so that all are split alike

    select
        * except (microseconds, billed_cost, effective_cost, list_cost, contracted_cost),
        microseconds as weight,
        explode(
            map(
                'ratio', cast(1000000000000 as decimal(38, 0)),
                'billed', {{ to_units('billed_cost', 'amount_scale') }},
                'effective', {{ to_units('effective_cost', 'amount_scale') }},
                'list', {{ to_units('list_cost', 'amount_scale') }},
                'contracted', {{ to_units('contracted_cost', 'amount_scale') }}
            )
        ) as (amount, value)
    from charge_days

),

whole as (

    select
        * except (value),
        if(value < 0, -1, 1) as sign,
        abs(value) as units
    from amounts
    where value is not null

),

by_day as (

    {{ largest_remainder('whole', ['charge_id', 'amount'], ['charged_on']) }}

),

owned as (

    select
        by_day.* except (weight, units, part),
        by_day.part as units,
        owners.owner_kind,
        owners.owner_id,
        owners.method,
        owners.driver,
        owners.driver_quantity,
        owners.share as weight
    from by_day
    inner join {{ ref('int_cost_owners') }} as owners
        on
            by_day.charged_on = owners.charged_on
            and by_day.application <=> owners.application
            and by_day.service_name <=> owners.service_name
    where {{ rebuilt('by_day.charged_on') }}

),

by_owner as (

    {{ largest_remainder('owned', ['charge_id', 'charged_on', 'amount'], ['owner_kind', 'owner_id']) }}

),

parts as (

    select
        charge_id,
        charged_on,
        owner_kind,
        owner_id,
        any_value(method) as method,
        any_value(driver) as driver,
        any_value(driver_quantity) as driver_quantity,
        any_value(application) as application,
        any_value(service_name) as service_name,
        any_value(amount_scale) as amount_scale,
        any_value(charge) as charge,
        max(if(amount = 'ratio', part, null)) as ratio,
        max(if(amount = 'billed', cast(sign * part as decimal(38, 0)), null)) as billed,
        max(if(amount = 'effective', cast(sign * part as decimal(38, 0)), null)) as effective,
        max(if(amount = 'list', cast(sign * part as decimal(38, 0)), null)) as listed,
        max(if(amount = 'contracted', cast(sign * part as decimal(38, 0)), null)) as contracted
    from by_owner
    group by charge_id, charged_on, owner_kind, owner_id

),

rates as (

    select
        *,
        lead(from_on) over (partition by currency order by from_on) as to_on
    from {{ ref('exchange_rates') }}

)

select
    parts.charge_id,
    parts.charged_on,
    parts.owner_kind,
    parts.owner_id,
    parts.method,
    parts.driver,
    parts.driver_quantity,
    cast({{ from_units('parts.ratio', 12) }} as decimal(13, 12)) as allocated_ratio,
    parts.charge.provider_name,
    parts.charge.billing_account_id,
    parts.charge.billing_period_on,
    parts.charge.invoice_id,
    parts.charge.charge_category,
    parts.charge.service_category,
    parts.service_name,
    parts.charge.resource_id,
    parts.application,
    parts.charge.training_run,
    parts.charge.billing_currency,
    parts.amount_scale,
    {{ from_units('parts.billed', 'parts.amount_scale') }} as billed_cost,
    {{ from_units('parts.effective', 'parts.amount_scale') }} as effective_cost,
    {{ from_units('parts.listed', 'parts.amount_scale') }} as list_cost,
    {{ from_units('parts.contracted', 'parts.amount_scale') }} as contracted_cost,
    rates.eur_per_unit,
    {{ from_units('parts.billed * ' ~ to_units('rates.eur_per_unit', 6), 'parts.amount_scale + 6') }} as billed_cost_eur,
    {{ from_units('parts.effective * ' ~ to_units('rates.eur_per_unit', 6), 'parts.amount_scale + 6') }} as effective_cost_eur
from parts
left join rates
    on
        parts.charge.billing_currency = rates.currency
        and parts.charged_on >= rates.from_on
        and (parts.charged_on < rates.to_on or rates.to_on is null)

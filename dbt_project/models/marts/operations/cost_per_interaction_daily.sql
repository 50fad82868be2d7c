with

calendar as (

    select day from {{ ref('calendar') }}

),

costs as (

    select
        charged_on,
        sum(effective_cost_eur) as cost_eur
    from {{ ref('cost_allocation') }}
    where
        owner_kind = 'service'
        and owner_id = 'assistant'
    group by charged_on

),

assistant as (

    select
        asked_on,
        interactions
    from {{ ref('assistant_daily') }}
    where
        intent = 'all'
        and market = 'all'

),

on_days as (

    select
        costs.charged_on,
        cast(costs.cost_eur as decimal(38, 18)) as cost_eur,
        if(assistant.asked_on is null, 0, assistant.interactions) as interactions
    from costs
    left semi join calendar on costs.charged_on = calendar.day
    left join assistant on costs.charged_on = assistant.asked_on

),

divided as (

    select
        *,
        cast(round(cost_eur / nullif(interactions, 0), 18) as decimal(38, 18)) as cost_eur_per_interaction
    from on_days

)

select * from divided

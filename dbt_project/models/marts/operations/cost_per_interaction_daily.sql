with

costs as (

    select
        charged_on,
        cost_eur
    from {{ ref('int_costs_daily') }}
    where
        owner_kind = 'service'
        and owner_id = 'assistant'
        and {{ rebuilt('charged_on') }}

),

calendar as (

    select day from {{ ref('calendar') }}

),

assistant as (

    select
        asked_on,
        interactions
    from {{ ref('assistant_daily') }}
    where
        intent = 'all'
        and market = 'all'
        and {{ rebuilt('asked_on') }}

),

on_days as (

    select
        costs.charged_on,
        costs.cost_eur,
        if(assistant.asked_on is null, 0, assistant.interactions) as interactions
    from costs
    inner join calendar on costs.charged_on = calendar.day
    left join assistant on costs.charged_on = assistant.asked_on

),

divided as (

    select
        *,
        {{ unit_cost('cost_eur', 'interactions') }} as cost_eur_per_interaction
    from on_days

)

select * from divided

with
steps as (select * from silver.ota_updates semi join calendar on day = occurred_on),
begun as (select campaign_id, min(received_at) as begun_at, min(occurred_on) as from_on from steps group by campaign_id),
vehicles as (
    select campaign_id, vehicle_key, min(occurred_on) as joined_on, list(step) as steps,
        min(received_at) filter (step = 'succeeded') as succeeded_at, min(occurred_on) filter (step = 'succeeded') as updated_on
    from steps group by campaign_id, vehicle_key
),
ended as (
    select *, coalesce(list_filter(['rolled_back', 'succeeded', 'failed'], lambda step: list_contains(steps, step))[1], 'open') as outcome from vehicles
)
select e.campaign_id, e.vehicle_key, b.begun_at, e.joined_on,
    len(list_filter(e.steps, lambda step: step <> 'targeted')) > 0 as is_offered,
    list_has_any(e.steps, ['accepted', 'downloaded', 'installed', 'succeeded', 'failed', 'rolled_back']) as is_accepted,
    list_has_any(e.steps, ['downloaded', 'installed', 'succeeded', 'rolled_back']) as is_downloaded,
    list_has_any(e.steps, ['installed', 'succeeded', 'rolled_back']) as is_installed,
    e.outcome, case when e.outcome = 'succeeded' then e.succeeded_at end as succeeded_at, case when e.outcome = 'succeeded' then e.updated_on end as updated_on,
    b.from_on, cast(b.from_on + 1 as date) as to_on
from ended e join begun b on b.campaign_id = e.campaign_id

with
located as (
    select u.*, coalesce(s.model, 'unknown') as model
    from vehicle_updates u left join states s on s.day = u.joined_on and s.vehicle_key = u.vehicle_key
),
counted as (
    select campaign_id, coalesce(model, 'all') as model, begun_at, count(*) as targeted, count(*) filter (is_offered) as offered, count(*) filter (is_accepted) as accepted,
        count(*) filter (is_downloaded) as downloaded, count(*) filter (is_installed) as installed, count(*) filter (outcome = 'succeeded') as succeeded,
        count(*) filter (outcome = 'failed') as failed, count(*) filter (outcome = 'rolled_back') as rolled_back,
        list(epoch_ms(succeeded_at) - epoch_ms(begun_at)) filter (succeeded_at is not null) as waits
    from located group by grouping sets ((campaign_id, begun_at), (campaign_id, begun_at, model))
)
select * exclude waits, offered / targeted as reach, succeeded / nullif(installed, 0) as install_success, rolled_back / nullif(installed, 0) as rollback_rate,
    at_rank(waits, 90) as to_90_percent_ms, false as is_withheld
from counted

"""What became of commands, charging sessions and updates over the air."""

COMMANDS = "select distinct command from gold.command_funnel_daily order by command <> 'all', command"
MARKETS = {
    "commands": "select distinct market from gold.command_funnel_daily order by market <> 'all', market",
    "charging": "select distinct market from gold.charging_daily order by market <> 'all', market",
}
# Sums are of the days that tell all numbers; a day that is withheld is left out of every one of them, and counted.
FUNNEL = """
with newest as (select max(requested_on) as day from gold.command_funnel_daily)
select sum(commands) as commands, sum(delivered) as delivered, sum(executed) as executed, sum(failed) as failed, sum(expired) as expired,
    sum(cancelled) as cancelled, sum(still_open) as still_open, count(*) filter (where is_withheld) as withheld_days
from gold.command_funnel_daily, newest
where command = $command and market = $market and requested_on > newest.day - $days
"""
COMMAND_TREND = """
with newest as (select max(requested_on) as day from gold.command_funnel_daily)
select requested_on, commands, success, to_executed_p50_ms / 1000 as p50, to_executed_p95_ms / 1000 as p95, to_delivered_p95_ms / 1000 as delivered_p95, is_withheld
from gold.command_funnel_daily, newest
where command = $command and market = $market and requested_on > newest.day - $days
order by requested_on
"""
BY_COMMAND = """
with newest as (select max(requested_on) as day from gold.command_funnel_daily)
select command, sum(commands) as commands, sum(executed) as executed, sum(failed) as failed, sum(expired) as expired, sum(cancelled) as cancelled,
    sum(executed) / nullif(sum(commands) - sum(cancelled) - sum(still_open), 0) as success, sum(commands) is null as is_withheld
from gold.command_funnel_daily, newest
where command <> 'all' and market = $market and requested_on > newest.day - $days
group by command order by commands desc nulls last, command
"""
CHARGING = """
with newest as (select max(started_on) as day from gold.charging_daily)
select started_on, sessions, succeeded, vehicle_faults, station_faults, other_ends, still_open, success, energy_wh, is_withheld
from gold.charging_daily, newest
where location_kind = $place and market = $market and started_on > newest.day - $days
order by started_on
"""
PLACES = "select distinct location_kind from gold.charging_daily order by location_kind <> 'all', location_kind"
CAMPAIGNS = """
select c.campaign_id, k.to_version, c.begun_at, c.targeted, c.offered, c.accepted, c.downloaded, c.installed, c.succeeded, c.failed, c.rolled_back,
    c.reach, c.install_success, c.rollback_rate, c.to_90_percent_ms, c.is_withheld
from gold.ota_campaigns c left join gold.campaigns k on k.campaign_id = c.campaign_id
where c.model = $model order by c.begun_at desc, c.campaign_id
"""
CAMPAIGN_MODELS = "select distinct model from gold.ota_campaigns order by model <> 'all', model"
REGRESSIONS = """
select campaign_id, kpi, middle_on, updated_vehicles, control_vehicles, good_before / nullif(total_before, 0) as before, good_after / nullif(total_after, 0) as after,
    control_good_before / nullif(control_total_before, 0) as control_before, control_good_after / nullif(control_total_after, 0) as control_after,
    change, control_change, effect, is_withheld
from gold.ota_regressions where campaign_id = $campaign order by kpi
"""

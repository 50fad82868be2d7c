"""What vehicles, features, requests and terabytes cost, who pays, and what moves. All in EUR by dated rates; windows end on the newest day that gold knows."""

DAILY = """
with newest as (select max(charged_on) as day from gold.cost_per_vehicle_daily)
select charged_on, cost_eur, unallocated_eur, cost_eur - unallocated_eur as allocated_eur, active_vehicles, cost_eur_per_vehicle
from gold.cost_per_vehicle_daily, newest where charged_on > newest.day - $days order by charged_on
"""
MONTH = """
with newest as (select max(charged_on) as day from gold.cost_per_vehicle_daily)
select date_trunc('month', max(charged_on)) as month_on, sum(cost_eur) as cost_eur, count(*) as days, day(last_day(max(charged_on))) as month_days
from gold.cost_per_vehicle_daily, newest where date_trunc('month', charged_on) = date_trunc('month', newest.day)
"""
OWNERS = """
with newest as (select max(charged_on) as day from gold.cost_per_vehicle_daily)
select owner_kind, owner_id, sum(effective_cost_eur) as cost_eur
from gold.cost_allocation, newest where charged_on > newest.day - $days and charged_on <= newest.day
group by owner_kind, owner_id order by cost_eur desc, owner_id
"""
MOVERS = """
with newest as (select max(charged_on) as day from gold.cost_per_vehicle_daily),
weeks as (
    select owner_kind, owner_id, coalesce(sum(effective_cost_eur) filter (where charged_on > newest.day - 7), 0) as now_eur,
        coalesce(sum(effective_cost_eur) filter (where charged_on <= newest.day - 7), 0) as before_eur
    from gold.cost_allocation, newest where charged_on > newest.day - 14 and charged_on <= newest.day group by owner_kind, owner_id
)
select owner_kind, owner_id, before_eur, now_eur, now_eur - before_eur as moved_eur, (now_eur - before_eur) / nullif(before_eur, 0) as moved
from weeks where now_eur <> before_eur order by abs(now_eur - before_eur) desc, owner_id limit 12
"""
UNALLOCATED = """
with newest as (select max(charged_on) as day from gold.cost_per_vehicle_daily)
select provider_name, coalesce(service_name, 'without a service') as service_name, charge_category, sum(effective_cost_eur) as cost_eur
from gold.cost_allocation, newest where owner_kind = 'unallocated' and charged_on > newest.day - $days and charged_on <= newest.day
group by all order by cost_eur desc
"""
SERVICES = """
with newest as (select max(charged_on) as day from gold.cost_per_vehicle_daily)
select coalesce(service_name, 'without a service') as service_name, sum(effective_cost_eur) as cost_eur, bool_or(method = 'driver') as has_driver
from gold.cost_allocation, newest where charged_on > newest.day - $days and charged_on <= newest.day
group by all order by cost_eur desc
"""
FEATURES = """
with newest as (select max(charged_on) as day from gold.cost_per_feature_daily)
select f.name as feature, sum(c.cost_eur) as cost_eur, max(c.cost_eur_per_dav) filter (where charged_on = newest.day) as eur_per_dav,
    max(c.dav) filter (where charged_on = newest.day) as dav,
    sum(c.cost_eur) filter (where c.successes is not null) / nullif(sum(c.successes), 0) as eur_per_success,
    max(c.dav) filter (where charged_on = newest.day) is null as is_withheld
from gold.cost_per_feature_daily c join gold.features f on f.feature_id = c.feature_id, newest
where charged_on > newest.day - $days group by f.name order by cost_eur desc nulls last, f.name
"""
REQUESTS = """
with newest as (select max(charged_on) as day from gold.cost_per_million_requests)
select service, sum(requests) as requests, sum(cost_eur) as cost_eur, 1000000 * sum(cost_eur) / nullif(sum(requests), 0) as eur_per_million
from gold.cost_per_million_requests, newest where charged_on > newest.day - $days group by service order by service <> 'all', cost_eur desc
"""
TERABYTES = """
with newest as (select max(charged_on) as day from gold.cost_per_tb)
select kind, arg_max(bytes, charged_on) as bytes, sum(cost_eur) as cost_eur, arg_max(cost_eur_per_tb, charged_on) as eur_per_tb
from gold.cost_per_tb, newest where charged_on > newest.day - $days group by kind order by kind
"""
RUNS = "select training_run, first_charged_on, last_charged_on, charges, cost_eur from gold.cost_per_training_run order by last_charged_on desc, training_run"
SAVINGS = "select month_on, scope, unit, units, cost_eur_per_unit, baseline_eur_per_unit, saved_eur, saved_share from gold.cost_savings_monthly order by month_on desc, scope"
WASTE = "select kind, subject, quantity, unit, share from gold.cost_waste order by kind, quantity desc"
INVOICES = """
select provider_name, invoice_id, billing_period_on, billing_currency, charges, billed_cost, billed_cost_allocated, billed_cost_unallocated
from gold.cost_reconciliation order by billing_period_on desc, provider_name, invoice_id
"""

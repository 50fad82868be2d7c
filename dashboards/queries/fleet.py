"""How much of the fleet is heard."""

DAY = "select max(observed_on) as day from gold.fleet_daily"
MODELS = "select distinct model from gold.fleet_daily order by model <> 'all', model"
MARKETS = "select distinct market from gold.fleet_daily order by market <> 'all', market"
TREND = """
with newest as (select max(observed_on) as day from gold.fleet_daily)
select observed_on, active, heard_from, coverage, vehicles, events, late_share, loss_share, is_withheld
from gold.fleet_daily, newest
where model = $model and market = $market and observed_on > newest.day - $days
order by observed_on
"""
PARTS = {  # events of each day by model, by market
    "model": """
with newest as (select max(observed_on) as day from gold.fleet_daily)
select observed_on, model as part, events, vehicles, is_withheld
from gold.fleet_daily, newest
where model <> 'all' and market = $other and observed_on > newest.day - $days
order by observed_on, part
""",
    "market": """
with newest as (select max(observed_on) as day from gold.fleet_daily)
select observed_on, market as part, events, vehicles, is_withheld
from gold.fleet_daily, newest
where market <> 'all' and model = $other and observed_on > newest.day - $days
order by observed_on, part
""",
}
SLICES = """
select model, market, active, heard_from, coverage, events, late_share, loss_share, is_withheld
from gold.fleet_daily
where observed_on = (select max(observed_on) from gold.fleet_daily) and (model = 'all') <> (market = 'all')
order by model = 'all', model, market
"""
# No mart counts vehicles by software alone: those that could use the feature that most have stand for them.
WIDEST = """
select u.feature_id, f.name
from gold.feature_usage_daily u join gold.features f on f.feature_id = u.feature_id
where u.model = 'all' and u.market = 'all' and u.sw_version = 'all' and u.used_on = (select max(used_on) from gold.feature_usage_daily)
order by u.eligible desc nulls last, u.feature_id limit 1
"""
SOFTWARE = """
with newest as (select max(used_on) as day from gold.feature_usage_daily)
select used_on, sw_version, eligible as vehicles, eligible is null as is_withheld
from gold.feature_usage_daily, newest
where feature_id = $feature and model = 'all' and market = 'all' and sw_version <> 'all' and used_on > newest.day - $days
order by used_on, sw_version
"""

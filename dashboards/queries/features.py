"""Who could use, tried and uses a feature, and who comes back."""

FEATURES = "select feature_id, name from gold.features order by name"
MODELS = "select distinct model from gold.feature_usage_daily order by model <> 'all', model"
MARKETS = "select distinct market from gold.feature_usage_daily order by market <> 'all', market"
VERSIONS = "select distinct sw_version from gold.feature_usage_daily where sw_version <> 'all' order by sw_version desc"
DAY = "select max(used_on) as day from gold.feature_usage_daily"
USE = """
select f.name as feature, u.eligible, u.dav, u.wav, u.mav, u.adoption, u.penetration, u.stickiness, u.intensity, u.success_rate, u.is_withheld
from gold.feature_usage_daily u join gold.features f on f.feature_id = u.feature_id
where u.used_on = (select max(used_on) from gold.feature_usage_daily) and u.model = $model and u.market = $market and u.sw_version = $sw_version
order by u.mav desc nulls last, f.name
"""
TREND = """
with newest as (select max(used_on) as day from gold.feature_usage_daily)
select used_on, eligible, dav, wav, mav, adoption, penetration, stickiness, success_rate, is_withheld
from gold.feature_usage_daily, newest
where feature_id = $feature and model = $model and market = $market and sw_version = $sw_version and used_on > newest.day - $days
order by used_on
"""
RETENTION = """
select weeks_after, cohort, retention, vehicles, is_withheld
from gold.feature_retention_weekly
where feature_id = $feature and cohort <> 'all' and weeks_after <= 26
order by cohort, weeks_after
"""
# Shares are never averaged: vehicles are added up over the cohorts that tell both numbers.
CURVE = """
select weeks_after, sum(active) / nullif(sum(vehicles), 0) as retention, sum(vehicles) as vehicles, count(*) as cohorts
from gold.feature_retention_weekly
where feature_id = $feature and cohort <> 'all' and active is not null and vehicles is not null and weeks_after <= 26
group by weeks_after order by weeks_after
"""

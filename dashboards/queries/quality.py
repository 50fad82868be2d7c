"""What gates said, what was refused, and which published numbers became others."""

RUNS = 24  # gate runs of a table that a history shows

HISTORY = """
with runs as (
    select distinct gate_run from ops.gate_results where table_name = $table order by gate_run desc limit $runs
)
select gate_run, "at" as checked_at, version, expectation, severity, outcome, observed, expected, failing, failing_keys, remedy
from ops.gate_results join runs using (gate_run)
where table_name = $table order by gate_run, expectation
"""
REASONS = """
select reason, family, count(*) as events, max(received_at) as newest_at
from silver.quarantine group by reason, family order by events desc, reason, family
"""
SAMPLES = """
select family, reason, rule, contract_version, received_at, body, octet_length(body) as bytes
from silver.quarantine where reason = $reason and family = $family order by received_at desc, "partition", "offset" desc limit 5
"""
RULES = """
select rule, count(*) as events from silver.quarantine where reason = $reason and family = $family group by rule order by events desc, rule limit 20
"""
RESTATEMENTS = """
select table_name, day, key, "column", before, after, change, reason, build from gold.restatements order by build desc, table_name, day desc, key limit 200
"""
RESTATED = "select table_name, reason, count(*) as numbers, count(distinct day) as days, max(build) as build from gold.restatements group by all order by build desc, numbers desc"
WAIVERS = """
select table_name, expectation, owner, "at" as given_at, until, why from ops.waivers order by given_at desc limit 100
"""

"""How data flows: commits of the streams, jobs and what they used, releases, runs of the scheduler."""

BATCHES = """
select kind, split_part("table", '.', 2) as family, count(distinct version) as commits, sum(rows) as rows, max("at") as newest_at
from ops.ledger where "at" > $since and "table" like case kind when 'land' then 'bronze.%' else 'silver.%' end
group by all order by kind, family
"""
HOURS = """
select date_trunc('hour', "at") as hour, kind, sum(rows) as rows, count(distinct "table" || version) as commits
from ops.ledger where "at" > $since group by all order by hour, kind
"""
JOBS = """
select job, count(*) as runs, count(*) filter (where not is_success) as failed, median(seconds) as median_s, max(seconds) as longest_s,
    sum(cpu_seconds) as cpu_s, max(ended_at) as newest_at
from ops.job_costs where ended_at > $since group by job order by job
"""
TIMES = """
select ended_at, job, seconds, cpu_seconds, is_success from ops.job_costs where ended_at > $since order by ended_at desc limit 400
"""
RUNS = """
select split_part(run_id, '/', 1) as dag, substr(run_id, length(split_part(run_id, '/', 1)) + 2) as run, min(started_at) as started_at,
    max(ended_at) as ended_at, date_diff('millisecond', min(started_at), max(ended_at)) as took_ms, string_agg(distinct job, ', ' order by job) as commands,
    bool_and(is_success) as is_success, sum(cpu_seconds) as cpu_s
from ops.job_costs where run_id is not null and ended_at > $since group by run_id order by started_at desc limit 100
"""
RELEASES = """
select release, layer, max("at") as released_at, max(kind) as kind, max(gate_run) as gate_run, max(built_from) as built_from, count(*) as tables, sum(rows) as rows,
    max(actor) as actor, max(note) as note
from ops.releases group by release, layer order by release desc, layer limit 100
"""

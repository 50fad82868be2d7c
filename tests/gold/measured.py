"""What the lake measured of itself on the days of a plan: sizes of tables, runs of jobs, sessions of readers; with what makes each of them hard."""

import json
from datetime import UTC, datetime, time, timedelta

from expectations.contract import contract
from fleetlake.simulator.plan import Plan
from tests.spark_jobs.gate.lakes import commit
from tests.spark_jobs.gate.rows import sound

STATS, JOBS, READS = "ops.table_stats", "ops.job_costs", "ops.reads"
LONG_AGO = timedelta(days=40)  # more than what waste looks back


def measured(lake: str, plan: Plan) -> None:
    """Writes ops.table_stats, ops.job_costs and ops.reads."""
    for name, rows in ((STATS, _sizes(plan)), (JOBS, _jobs(plan)), (READS, _reads(plan))):
        commit(lake, name, [sound(contract(name), number, **row) for number, row in enumerate(rows)], {}, [])


def _sizes(plan: Plan):
    """Two measurements: of what the first one saw a day grew, a day went, and a day and a table without days came."""
    days, first, second = [plan.start + timedelta(days=number) for number in range(4)], _end(plan) - timedelta(hours=9), _end(plan)
    for number, table in enumerate(("bronze.feature_usage", "silver.charging", "silver.navigation", "gold_internal.vehicles")):
        for day in days[:3]:
            yield _size(1, table, day, first, 10**9 * (number + 1) + day.day, small_files=12 * number)
    yield _size(2, "bronze.feature_usage", days[1], second, 3 * 10**9)
    yield _size(2, "silver.charging", days[2], second, 0, files=0)
    yield _size(2, "silver.charging", days[3], second, 7 * 10**8, small_files=9)
    yield _size(2, "gold.features", None, second, 4_096)


def _size(measurement, table, day, at, size, files=20, small_files=0):
    told = {"measurement": measurement, "table_name": table, "day": day, "measured_at": at, "files": files, "size_bytes": size}
    return told | {"small_files": small_files, "small_bytes": size // 20 * min(small_files, 20)}


def _jobs(plan: Plan):
    """Runs on two days; one that used more than its cores by the clock, and one of long ago."""
    for day, job, seconds, cpu_seconds in (
        (0, "refine", 61.25, 80.0625),
        (0, "refine", 10.5, 4.0009),
        (1, "land", 3.0, 9.5),
        (2, "build", 40.0, 33.3),
    ):
        ended = datetime.combine(plan.start + timedelta(days=day), time(23, 59), UTC)
        yield {"job": job, "ended_at": ended, "seconds": seconds, "cpu_seconds": cpu_seconds, "cores": 2}
    yield {"job": "import", "ended_at": _end(plan) - LONG_AGO, "seconds": 5.0, "cpu_seconds": 1.0, "cores": 2}


def _reads(plan: Plan):
    """Somebody read charging of late, and navigation long ago."""
    yield {"began_at": _end(plan) - timedelta(days=2), "tables": json.dumps(["silver.charging", "gold.features"])}
    yield {"began_at": _end(plan) - LONG_AGO, "tables": json.dumps(["silver.navigation"])}


def _end(plan: Plan) -> datetime:
    return datetime.combine(plan.start + timedelta(days=plan.days), time(6), UTC)

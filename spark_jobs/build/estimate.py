"""What a build will read, write and cost, before it runs: by what the last builds took for a day of a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

from deltalake import DeltaTable

from fleetlake.names import table_path
from fleetlake.releases import rows_of
from spark_jobs.build.days import Change
from spark_jobs.build.job import Done, Prepared
from spark_jobs.build.log import Entry, entries
from spark_jobs.build.told import rows
from spark_jobs.tables import Table

COSTS, JOBS = "ops.job_costs", ("build", "backfill")
LAST = 10  # builds: older ones ran other code, or on another machine


@dataclass(frozen=True)
class Estimate:
    """Days of tables to build, megabytes to read and to write, CPU-seconds, and what these cost; None where no build was measured yet."""

    table_days: int
    read_mb: float
    write_mb: float
    cpu_s: float | None
    eur: float | None


def estimate(done: Done, lake: str, core_hour_eur: float) -> Estimate:
    """Of what a plan would do."""
    count = table_days(done.decided.values(), len(done.prepared.calendar.days))
    days = {day for change in done.decided.values() for day in change.days}
    write_mb = sum(row["mb"] or 0.0 for row in rows(done))
    rate = per_table_day([each for each in entries(lake) if each.is_of(done.prepared.layer)], rows_of(lake, COSTS)[0])
    cpu_s = None if rate is None else rate * count
    return Estimate(count, _read_mb(done.prepared, days), write_mb, cpu_s, None if cpu_s is None else cpu_s / 3600 * core_hour_eur)


def table_days(changes: Iterable[Change], all_days: int) -> int:
    """How many days of tables are built; a table that is built whole counts with every day."""
    return sum(all_days if change.everywhere else len(change.days) for change in changes)


def per_table_day(builds: Iterable[Entry], costs: Iterable[Mapping[str, Any]]) -> float | None:
    """CPU-seconds that a day of a table took: the median of the last builds. None where none was measured."""
    measured = [row for row in costs if row["job"] in JOBS and row["is_success"]]
    rates = [row["cpu_seconds"] / _count(build) for build in builds for row in measured if _is_of(row, build) and _count(build)]
    return median(rates[-LAST:]) if rates else None


def _is_of(row: Mapping[str, Any], build: Entry) -> bool:
    return bool(row["started_at"] <= build.started_at and build.ended_at <= row["ended_at"])


def _count(build: Entry) -> int:
    whole = (build.last_day - build.first_day).days + 1
    return sum(whole if said == "all" else sum(_length(*each) for each in said) for said in build.days.values())


def _length(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def _read_mb(one: Prepared, days: set[date]) -> float:
    """Of released tables, the files of these days; of those without days all."""
    return sum(_bytes(one.lake, name, version, days) for name, version in one.versions.items()) / 1e6


def _bytes(lake: str, name: str, version: int, days: set[date]) -> int:
    table = Table(name, table_path(lake, name), DeltaTable(table_path(lake, name), version=version))
    partition = next(iter(table.delta.metadata().partition_columns), None)
    return sum(each["size_bytes"] for each in table.actions() if partition is None or each[f"partition.{partition}"] in days)

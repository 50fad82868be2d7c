"""A row per day of the last week: its rows beside those of its weekday in the weeks before, out of the log."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from statistics import median

import polars as pl

from expectations.suites.volume import DAYS, LEAST, MOST, ROWS, STEADY, WEEKDAYS, WEEKS
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake

TYPES = {"day": pl.Date, "rows": pl.Int64, "usual": pl.Float64, "weekdays": pl.Int64, "ratio": pl.Float64, "unsteady_ratio": pl.Float64}


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """As `beside_weekdays`; a day that the layer has not reached the end of is not over: refine may be a day behind, which is for freshness to tell."""
    reached = lake.reached(snapshot.name.partition(".")[0])
    return beside_weekdays(snapshot.files, min(clock, reached or clock))


def beside_weekdays(files: pl.DataFrame, clock: datetime) -> pl.DataFrame:
    """day, rows, usual (the median), weekdays (known), and rows / usual as `ratio` or, where the weekday is not steady, `unsteady_ratio`."""
    held = files.group_by("day").agg(pl.sum("num_records"))
    rows: dict[date, int] = dict(held.iter_rows())
    began = min(rows, default=clock.date())
    days = (clock.date() - timedelta(days=back) for back in range(1, DAYS + 1))
    return pl.DataFrame([_beside_its_weekday(day, rows, began) for day in days], TYPES, orient="row")


def _beside_its_weekday(day: date, rows: dict[date, int], began: date) -> tuple[date, int, float | None, int, float | None, float | None]:
    known = [rows.get(before, 0) for week in range(1, WEEKS + 1) if (before := day - timedelta(weeks=week)) >= began]
    usual = median(known) if known else None
    ratio = rows.get(day, 0) / usual if usual else None  # nothing is usual on a weekday without rows
    is_steady = usual is not None and _is_steady(known, usual)
    return day, rows.get(day, 0), usual, len(known), ratio if is_steady else None, None if is_steady else ratio


def _is_steady(known: Sequence[int], usual: float) -> bool:
    """Whether a day that leaves the band tells of a fault: so many weekdays were in it."""
    within = sum(LEAST * usual <= rows <= MOST * usual for rows in known)
    return len(known) >= WEEKDAYS and usual >= ROWS and within >= STEADY * len(known)

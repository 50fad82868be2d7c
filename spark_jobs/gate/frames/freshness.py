"""One row: how old the newest event is."""

from datetime import datetime

import polars as pl

from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake, newest_reception


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """age_hours; null for a table without rows, which is as fresh as it can be."""
    newest = newest_reception(snapshot)
    age = None if newest is None else (clock - newest).total_seconds() / 3600
    return pl.DataFrame({"age_hours": [age]}, {"age_hours": pl.Float64})

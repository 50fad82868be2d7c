"""Which vehicles may train: those whose customers allowed all that is asked, and did not take it back."""

from collections.abc import Iterable
from datetime import datetime

import polars as pl

TABLE = "silver.consents"


def allowing(consents: pl.LazyFrame, purposes: Iterable[str], before: datetime | None = None) -> pl.Series:
    """The vehicle_keys whose last decision on each of the purposes is a yes; who was never asked did not say yes. Of decisions of one moment the
    one with the greatest event_id holds. Without `before` all decisions count, else those that were made before it."""
    wanted = sorted(set(purposes))
    asked = consents.filter(pl.col("purpose").is_in(wanted))
    decided = asked if before is None else asked.filter(pl.col("occurred_at") < before)
    last = decided.group_by("vehicle_key", "purpose").agg(pl.col("is_given").sort_by("occurred_at", "event_id").last())
    given = last.filter("is_given").group_by("vehicle_key").agg(pl.len().alias("given"))
    return given.filter(pl.col("given") == len(wanted)).select(pl.col("vehicle_key").sort()).collect()["vehicle_key"]

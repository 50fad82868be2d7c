"""Events across topic-partitions: unique in silver day by day, and every duplicate's kept place holds the same event."""

from collections.abc import Iterable
from datetime import date

import numpy as np
import polars as pl
import pyarrow.dataset as ds

from spark_jobs.audit.bodies import by_log
from spark_jobs.audit.findings import Finding
from spark_jobs.audit.lake import Rows
from spark_jobs.audit.marks import Types

PLACE: Types = {"topic_id": pl.String, "partition": pl.Int32, "offset": pl.Int64}
EVENT: Types = PLACE | {"event_id": pl.String, "vehicle_key": pl.String}
PER_PASS = 20_000_000  # hashes of a day in memory at once: 160 MB, twice while they are sorted


def doubled(silver: Rows, days: Iterable[date]) -> list[Finding]:
    """Events that silver holds twice on one of these days; all places but the first are named."""
    return [found for day in sorted(days) for found in by_log(_twice(silver, day), "event_doubled", silver.name)]


def kept_missing(silver: Rows, duplicates: pl.DataFrame) -> list[Finding]:
    """Duplicates (EVENT, occurred_on and kept place) whose kept place is not that event in silver, on that day."""
    return [
        found
        for (day,), twins in duplicates.group_by("occurred_on")
        for chunk in twins.iter_slices(100_000)
        for found in by_log(_without_kept(silver, ds.field("occurred_on") == ds.scalar(day), chunk), "kept_missing")
    ]


def _twice(silver: Rows, day: date) -> pl.DataFrame:
    on_day = ds.field("occurred_on") == ds.scalar(day)
    repeated = _repeated(silver, on_day)
    rows = [
        silver.frame(list(EVENT), EVENT, on_day & ds.field("event_hash").isin(repeated[at : at + 5000]))
        for at in range(0, len(repeated), 5000)
    ]
    if not rows:
        return pl.DataFrame(schema=EVENT)
    ordered = pl.concat(rows).sort("topic_id", "partition", "offset")
    return ordered.filter(~pl.struct("vehicle_key", "event_id").is_first_distinct())


def _repeated(silver: Rows, on_day: ds.Expression) -> list[int]:
    """Hashes that stand more than once: nearly always the same event, now and then two events that collide."""
    passes = 1 + silver.count(on_day) // PER_PASS
    found: list[int] = []
    for number in range(passes):
        parts = (batch["event_hash"].to_numpy() for batch in silver.batches(["event_hash"], on_day))
        hashes = np.sort(np.concatenate([np.empty(0, np.int64), *(part[part % passes == number] for part in parts)]))
        found += np.unique(hashes[1:][hashes[1:] == hashes[:-1]]).tolist()
    return found


def _without_kept(silver: Rows, on_day: ds.Expression, twins: pl.DataFrame) -> pl.DataFrame:
    kept = silver.frame(list(EVENT), EVENT, on_day & ds.field("offset").isin(twins["kept_offset"].unique().to_list()))
    place = ["kept_topic_id", "kept_partition", "kept_offset"]
    return twins.join(kept, left_on=[*place, "event_id", "vehicle_key"], right_on=[*PLACE, "event_id", "vehicle_key"], how="anti")

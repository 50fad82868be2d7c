"""Events across topic-partitions: unique in silver day by day, and every duplicate's kept place holds the same event."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spark_jobs.audit.bodies import each_log
from spark_jobs.audit.findings import Finding
from spark_jobs.audit.lake import Rows
from spark_jobs.audit.marks import PLACE, Types

EVENT: Types = PLACE | {"event_id": pl.String, "vehicle_key": pl.String}
OnDay: TypeAlias = Mapping[str, Any]  # occurred_on
PER_PASS = 20_000_000  # hashes of a day in memory at once: 160 MB, twice while they are sorted


def doubled(silver: Rows, days: Iterable[date]) -> list[Finding]:
    """Events that silver holds twice on one of these days; all places but the first are named."""
    return [found for day in sorted(days) for found in each_log(_twice(silver, day), "event_doubled", silver.name)]


def kept_missing(silver: Rows, duplicates: pl.DataFrame) -> list[Finding]:
    """Duplicates (EVENT, occurred_on and kept place) whose kept place is not that event in silver, on that day."""
    return [
        found
        for (day,), twins in duplicates.group_by("occurred_on")
        for found in each_log(_without_kept(silver, {"occurred_on": day}, twins), "kept_missing")
    ]


def _twice(silver: Rows, day: date) -> pl.DataFrame:
    on_day = {"occurred_on": day}
    repeated = pa.array(_repeated(silver, on_day), pa.int64())
    if not len(repeated):
        return pl.DataFrame(schema=EVENT)
    rows = _events(silver, on_day, "event_hash", repeated).sort("topic_id", "partition", "offset")
    return rows.filter(~pl.struct("vehicle_key", "event_id").is_first_distinct())


def _repeated(silver: Rows, on_day: OnDay) -> npt.NDArray[np.int64]:
    """Hashes that stand more than once: nearly always the same event, now and then two events that collide."""
    passes = 1 + silver.count(on_day) // PER_PASS
    found = []
    for number in range(passes):
        parts = (batch["event_hash"].to_numpy() for batch in silver.batches(["event_hash"], only=on_day))
        hashes = np.sort(np.concatenate([np.empty(0, np.int64), *(part[part % passes == number] for part in parts)]))
        found.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
    return np.concatenate(found)


def _without_kept(silver: Rows, on_day: OnDay, twins: pl.DataFrame) -> pl.DataFrame:
    kept = _events(silver, on_day, "offset", twins["kept_offset"].unique().to_arrow())
    place = ["kept_topic_id", "kept_partition", "kept_offset"]
    return twins.join(kept, left_on=[*place, "event_id", "vehicle_key"], right_on=[*PLACE, "event_id", "vehicle_key"], how="anti")


def _events(silver: Rows, on_day: OnDay, column: str, values: pa.Array) -> pl.DataFrame:
    """EVENT of the day's rows whose `column` is among the values."""
    found = (batch.filter(pc.is_in(batch[column], values)) for batch in silver.batches(list({**EVENT, column: None}), only=on_day))
    return pl.concat([pl.DataFrame(schema=EVENT), *(pl.DataFrame(batch).select(EVENT.keys()) for batch in found if batch.num_rows)])

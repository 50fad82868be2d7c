"""The truth about a simulation: Parquet files of what was sent, labelled when the faults were planted, and the counts that tables must show.

In the folder: `<family>.parquet`, one row per record sent (the family's columns are those of the event as the sender meant it, before a body or
an envelope was broken; `expected` is silver, duplicate or the reason for quarantine; `is_late`, `is_id_reused`; `nth` is the order of sending),
`lost.parquet` (events that were never sent), `vehicles.parquet`, `charges.csv` (the bill of these days) and `summary.json`.

Loss by gaps, per vehicle, family and boot, is the highest sequence heard + 1 − distinct sequences heard (each boot counts 0, 1, 2 …), where heard
is what silver holds and what quarantine holds with a readable ce_subject, ce_bootid and ce_sequence, whatever its reason:

    select family, sum(1 + highest - distinct_ones) as lost_by_gap from (
        select family, vehicle_key, boot_id, max(sequence) as highest, count(distinct sequence) as distinct_ones
        from heard where boot_id is not null and sequence is not null group by all) group by all

`lost_unseen` are lost events that no gap can show: the tail of a boot, a whole boot, and events of back ends, which count none.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from fleetlake.simulator.bill import bill
from fleetlake.simulator.events import HOT_VEHICLE
from fleetlake.simulator.family import registry
from fleetlake.simulator.fleet import Fleet
from fleetlake.simulator.generate import Frames, Slice
from fleetlake.simulator.plan import Plan
from fleetlake.simulator.records import WIRE

UNWRITTEN = {*WIRE, "vehicle", "received_ms"} - {"topic", "partition"}
COUNTS = ("sent", "silver", "duplicates", "quarantined", "late", "resent", "id_reused", "lost_by_gap", "lost_unseen")


class Truth:
    """Counts slices as they pass; writes them when there is a folder for it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.counts: dict[str, Counter[str]] = {family: Counter() for family in sorted(registry())}
        self.reasons: dict[str, Counter[str]] = {family: Counter() for family in sorted(registry())}
        self.folder, self.files = folder, dict[str, pq.ParquetWriter]()
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def watch(self, slices: Iterable[Slice]) -> Iterator[Slice]:
        """The same slices, counted and written."""
        try:
            for part in slices:
                self._count(part)
                self._write(part.records)
                self._append("lost", [lost.with_columns(family=pl.lit(family)) for family, lost in part.lost.items()])
                yield part
        finally:
            for file in self.files.values():
                file.close()

    def _count(self, part: Slice) -> None:
        for family, records in part.records.items():
            self.counts[family] += Counter(_counts(records))
            self.reasons[family] += Counter(
                dict(records.filter(~pl.col("expected").is_in(["silver", "duplicate"]))["expected"].value_counts().iter_rows())
            )
        for family, lost in part.lost.items():
            seen = int(lost["is_visible"].sum())
            self.counts[family] += Counter(lost_by_gap=seen, lost_unseen=len(lost) - seen)

    def _write(self, records: Frames) -> None:
        for family, frame in records.items():
            self._append(family, [frame.drop(name for name in frame.columns if name in UNWRITTEN)])

    def _append(self, name: str, frames: list[pl.DataFrame]) -> None:
        if not self.folder or not frames:
            return
        table = pl.concat(frames).to_arrow(compat_level=pl.CompatLevel.oldest())
        if name not in self.files:
            self.files[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", table.schema, compression="zstd")
        self.files[name].write_table(table)

    def summary(self) -> list[dict[str, Any]]:
        """One row per family: COUNTS, and `quarantined` by reason under `reasons`."""
        return [
            {"family": family, **{name: counts[name] for name in COUNTS}, "reasons": dict(sorted(self.reasons[family].items()))}
            for family, counts in self.counts.items()
        ]

    def finish(self, fleet: Fleet, plan: Plan) -> None:
        """Writes vehicles.parquet, the bill, and summary.json with the plan in words."""
        if not self.folder:
            return
        bill(plan).write_csv(self.folder / "charges.csv")
        described(fleet, plan).write_parquet(self.folder / "vehicles.parquet")
        (self.folder / "summary.json").write_text(
            json.dumps({"plan": asdict(plan), "families": self.summary()}, indent=2, default=str) + "\n"
        )


def _counts(records: pl.DataFrame) -> dict[str, int]:
    silver, duplicate = (records["expected"] == name for name in ("silver", "duplicate"))
    return {
        "sent": len(records),
        "silver": int(silver.sum()),
        "duplicates": int(duplicate.sum()),
        "quarantined": int((~silver & ~duplicate).sum()),
        "late": int((silver & records["is_late"]).sum()),
        "resent": int(records["is_resend"].sum()),
        "id_reused": int(records["is_id_reused"].sum()),
    }


def described(fleet: Fleet, plan: Plan) -> pl.DataFrame:
    """vehicle_key, model, market, sold_at, is_electric, battery_wh of each vehicle, and whether it is the hot key."""
    sold = pl.Series("sold_at", fleet.sold_ms).cast(pl.Datetime("ms", "UTC"))
    columns = fleet.columns(np.arange(len(fleet.keys)))
    is_hot = (np.arange(len(columns)) == HOT_VEHICLE) & (plan.rate("hot_key") > 0)
    return columns.with_columns(
        sold, is_electric=pl.Series(fleet.is_electric), battery_wh=pl.Series(fleet.battery_wh), is_hot=pl.Series(is_hot)
    )

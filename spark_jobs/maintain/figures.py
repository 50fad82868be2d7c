"""The lake's own figures: how much its tables hold of each day, and who reads them."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.overview import SMALL_BYTES
from fleetlake.readers.reads import FOLDER
from fleetlake.releases import selected
from spark_jobs.runs import opened
from spark_jobs.tables import Table

STATS, READS = "ops.table_stats", "ops.reads"
MEASUREMENTS = "measurements"  # transaction id: the last measurement
KEY = ["table_name", "day"]
COUNTS = ["files", "small_files", "size_bytes", "small_bytes", "rows"]


def measure(lake: str, tables: Iterable[str]) -> int:
    """Writes the figures of tables that differ from the last ones; returns how many rows that were."""
    held = [table for name in tables if (table := Table.existing(lake, name))]
    now = pl.concat([_nothing(), *(figures(table.name, table.actions()) for table in held)])
    stats = opened(lake, STATS)
    known = pl.DataFrame(selected(stats.delta, columns=["measurement", *KEY, *COUNTS]), {"measurement": pl.Int64, **_nothing().schema})
    changed = differing(now, known)
    if changed.height:
        number = (stats.position(MEASUREMENTS) or 0) + 1
        told = changed.with_columns(measurement=pl.lit(number, pl.Int64), measured_at=pl.lit(datetime.now(UTC), pl.Datetime("us", "UTC")))
        stats.append(_arrow(STATS, told), {MEASUREMENTS: number})
    return changed.height


def figures(name: str, actions: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """What the log says of a table's files, by day."""
    day = next((f"partition.{column}" for column in contract(name).partition_by), None)
    files = [(name, action[day] if day else None, action["size_bytes"], action["num_records"]) for action in actions]
    frame = pl.DataFrame(files, {"table_name": pl.String, "day": pl.Date, "size_bytes": pl.Int64, "rows": pl.Int64}, orient="row")
    is_small = pl.col("size_bytes") < SMALL_BYTES
    counted = frame.group_by(KEY).agg(
        files=pl.len().cast(pl.Int64),
        small_files=is_small.sum().cast(pl.Int64),
        size_bytes=pl.sum("size_bytes"),
        small_bytes=pl.col("size_bytes").filter(is_small).sum(),
        rows=pl.sum("rows"),
    )
    return counted.select(*KEY, *COUNTS)


def differing(now: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Figures of now that differ from the newest known ones, and zeros for days that are gone."""
    newest = known.sort("measurement").unique(KEY, keep="last", maintain_order=True).drop("measurement")
    changed = now.join(newest, on=[*KEY, *COUNTS], how="anti", nulls_equal=True)
    gone = newest.filter(pl.col("files") > 0).join(now, on=KEY, how="anti", nulls_equal=True)
    return pl.concat([changed, gone.with_columns(pl.lit(0, pl.Int64).alias(name) for name in COUNTS)]).sort(KEY, nulls_last=False)


def gather_reads(lake: str) -> int:
    """Brings the notes of reader sessions into ops.reads; returns how many. One that was interrupted here is not told of twice."""
    notes = sorted(Path(lake, FOLDER).glob("*.json")) if "://" not in lake else []
    if not notes:
        return 0
    reads = opened(lake, READS)
    held = {row["session"] for row in selected(reads.delta, columns=["session"])}
    told = [json.loads(note.read_text()) for note in notes]
    new = [_read(each) for each in told if each["session"] not in held]
    if new:
        reads.append(pa.Table.from_pylist(new, arrow_schema(contract(READS))), {}, others_may_follow=True)
    for note in notes:
        note.unlink()
    return len(new)


def _read(note: Mapping[str, Any]) -> dict[str, Any]:
    return {"session": note["session"], "began_at": datetime.fromisoformat(note["began_at"]), "tables": json.dumps(note["tables"])}


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={"table_name": pl.String, "day": pl.Date, **dict.fromkeys(COUNTS, pl.Int64)})


def _arrow(name: str, rows: pl.DataFrame) -> pa.Table:
    schema = arrow_schema(contract(name))
    return pa.table(rows.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest())).cast(schema)

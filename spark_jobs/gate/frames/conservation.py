"""One row: the ledger's equations of a table. Counts of files are the log's: that the files are what it says is the auditor's proof."""

from collections.abc import Iterator
from datetime import datetime

import polars as pl
import pyarrow.dataset as ds

from fleetlake.names import position_id
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake
from spark_jobs.ledger import told


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """rows of the table, told by its commits; of a family's silver table also landed (up to its positions) and accounted by its runs."""
    entries = told(lake.root, snapshot.table)
    counts = {"rows": snapshot.files["num_records"].sum(), "told": sum(row["rows"] for row in entries)}
    if snapshot.contract.topic:
        bronze = lake.snapshot(f"bronze.{snapshot.contract.table}")
        names = ("silver", "duplicates", "quarantined")
        counts["accounted"] = sum(row[name] for row in entries if row["kind"] == "refine" for name in names)
        counts["landed"] = 0 if bronze is None else sum(_up_to_position(bronze, snapshot))
    return pl.DataFrame({name: [count] for name, count in counts.items()})


def _up_to_position(bronze: Snapshot, silver: Snapshot) -> Iterator[int]:
    """Rows of bronze that refine has passed, per topic-partition."""
    source = [pl.col("min.topic_id").alias("topic_id"), pl.col("min.partition").alias("partition")]
    for (topic_id, partition), files in bronze.files.with_columns(source).partition_by("topic_id", "partition", as_dict=True).items():
        position = silver.table.position(position_id(silver.name, str(topic_id), int(partition)))
        if position is None:
            continue
        yield int(files.filter(pl.col("max.offset") <= position)["num_records"].sum())
        if cut := files.filter((pl.col("min.offset") <= position) & (pl.col("max.offset") > position))["path"].to_list():
            yield bronze.rows_of(cut).count_rows(filter=ds.field("offset") <= position)

"""Open quarantine: rows whose place is in neither silver nor ops.duplicates. polars over the Delta tables; no Spark.

Quarantine is append-only, so a row that a replay brought home stays and is no longer open.
"""

from datetime import datetime

import polars as pl

from spark_jobs.refine.twins import PLACE
from spark_jobs.tables import Table

NAME = "silver.quarantine"
NARROW = ("family", "reason", "rule", *PLACE, "received_at", "occurred_on", "vehicle_key", "event_id", "event_hash", "body_hash")


def open_rows(lake: str, family: str | None = None, reason: str | None = None, since: datetime | None = None) -> pl.DataFrame:
    """NARROW columns of the open rows, and `uri` of the file that holds each; `since` is a moment of reception."""
    wanted = _quarantined(lake, family, reason, since)
    parts = [_open(lake, str(name), rows) for (name,), rows in wanted.partition_by("family", as_dict=True, maintain_order=True).items()]
    return pl.concat(parts) if parts else wanted


def samples(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """`count` rows, the ones received last, with their `body` and `headers`."""
    last = rows.sort("received_at", descending=True).head(count)
    if last.is_empty():
        return last.with_columns(body=pl.lit(None, pl.Binary))
    bodies = pl.scan_parquet(last["uri"].unique().to_list()).select(*PLACE, "body")
    return last.join(bodies.join(last.lazy(), on=PLACE, how="semi").collect(), on=PLACE, how="left", maintain_order="left")


def _quarantined(lake: str, family: str | None, reason: str | None, since: datetime | None) -> pl.DataFrame:
    table = Table.existing(lake, NAME)
    uris = table.delta.file_uris() if table is not None else []
    if not uris:
        return pl.DataFrame(schema=[*NARROW, "uri"])
    rows = pl.scan_parquet(uris, include_file_paths="uri").select(*NARROW, "uri")
    for name, value in (("family", family), ("reason", reason)):
        rows = rows.filter(pl.col(name) == value) if value is not None else rows
    return (rows.filter(pl.col("received_at") >= since) if since is not None else rows).collect()


def _open(lake: str, family: str, rows: pl.DataFrame) -> pl.DataFrame:
    days = rows["occurred_on"].drop_nulls().unique().sort()
    for name in (f"silver.{family}", "ops.duplicates"):
        table = Table.existing(lake, name)
        if table is not None:
            held = pl.scan_delta(table.delta).filter(pl.col("occurred_on").is_in(days.implode())).select(PLACE).collect()
            rows = rows.join(held, on=PLACE, how="anti", maintain_order="left")
    return rows

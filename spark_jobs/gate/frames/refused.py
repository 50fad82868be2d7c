"""One row: what share of the events that were refined since the last release was refused."""

from datetime import datetime

import polars as pl

from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake
from spark_jobs.ledger import told


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """refused, refined, refused_share; the share is null where nothing was refined."""
    after = -1 if snapshot.since is None else snapshot.since.version
    new = [row for row in told(lake.root, snapshot.table) if row["version"] > after and row["kind"] == "refine"]
    refused, refined = (
        sum(row[name] for row in new for name in names) for names in (("quarantined",), ("silver", "duplicates", "quarantined"))
    )
    share = refused / refined if refined else None
    return pl.DataFrame([(refused, refined, share)], {"refused": pl.Int64, "refined": pl.Int64, "refused_share": pl.Float64}, orient="row")

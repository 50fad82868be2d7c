"""One row: what the log of imports says of a table, up to the import that the table stands at."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from fleetlake.releases import selected
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake
from spark_jobs.imports.log import IMPORTS, LOG

BROUGHT = ("import", "kind", "delivery", "delivered", "accepted", "quarantined", "replaced")


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """rows of the table, told by the log, and the share that was refused of the deliveries that the table holds rows of."""
    log, position = lake.table(LOG), snapshot.table.position(IMPORTS) or 0
    imports = [] if log is None else selected(log.delta, f"state = 'intent' and import <= {position}", BROUGHT)
    told = sum(_brought(snapshot.contract.layer, snapshot.contract.table, each) for each in imports)
    share = _refused_share(snapshot, imports) if "delivery" in snapshot.table.delta.schema().to_arrow().names else None
    counts = {"rows": snapshot.files["num_records"].sum(), "told": told, "refused_share": share}
    return pl.DataFrame(
        {name: [value] for name, value in counts.items()}, {"rows": pl.Int64, "told": pl.Int64, "refused_share": pl.Float64}
    )


def _brought(layer: str, table: str, each: Mapping[str, Any]) -> int:
    """Rows that an import brought a table, less those that it took out."""
    if table == "import_quarantine":
        return int(each["quarantined"])
    if each["kind"] != table:
        return 0
    return int(each["delivered"] if layer == "bronze" else each["accepted"] - each["replaced"])


def _refused_share(snapshot: Snapshot, imports: Sequence[Mapping[str, Any]]) -> float | None:
    """Null where the table is empty."""
    held = set(snapshot.rows(None).to_table(columns=["delivery"])["delivery"].unique().to_pylist())
    mine = [each for each in imports if each["kind"] == snapshot.contract.table and each["delivery"] in held]
    delivered = sum(each["delivered"] for each in mine)
    return sum(each["quarantined"] for each in mine) / delivered if delivered else None

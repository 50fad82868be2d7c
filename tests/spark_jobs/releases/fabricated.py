"""Tables, gate runs and releases without the jobs that make them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.names import table_path
from spark_jobs.runs import opened

NAMES = ("silver.charging", "silver.consents", "silver.navigation")


def grown(lake: str, name: str, rows: int = 1, **columns: object) -> int:
    """A table with `rows` more rows of one file; its version. Made when it is not there."""
    path = table_path(lake, name)
    frame = pl.DataFrame({"id": range(rows), **{column: [value] * rows for column, value in columns.items()}})
    write_deltalake(path, frame.to_arrow(), mode="append", schema_mode="merge")
    return DeltaTable(path).version()


def replaced(lake: str, name: str, frame: pl.DataFrame) -> int:
    """A table that holds `frame` and nothing else; its version."""
    write_deltalake(table_path(lake, name), frame.to_arrow(), mode="overwrite")
    return DeltaTable(table_path(lake, name)).version()


def result(**changes: object) -> dict[str, object]:
    """A row of ops.gate_results."""
    passed = {"expectation": "soc_end.range", "severity": "critical", "outcome": "passed", "remedy": "fix it and fleet replay"}
    looked = {"seconds": 0.1, "days": '"all"', "contract_version": "1.0.0", "code_version": "0.1.0", "at": datetime.now(UTC)}
    return passed | looked | changes


def gated(lake: str, versions: Mapping[str, int], worse: Iterable[Mapping[str, object]] = (), **told: object) -> int:
    """A gate run in which each table passed, but for the results `worse`; its number."""
    table = opened(lake, "ops.gate_results")
    run = (table.position("gates") or 0) + 1
    rows = [result(table_name=name, version=version, **told) for name, version in versions.items()]
    rows += [
        result(version=versions[str(each["table_name"])], **{"outcome": "failed", "expectation": "freshness", **each}) for each in worse
    ]
    whole = [row | {"gate_run": run, "layer": str(row["table_name"]).partition(".")[0]} for row in rows]
    table.append(pa.Table.from_pylist(whole, arrow_schema(contract("ops.gate_results"))), {"gates": run})
    return run


def silver(lake: str, rows: int = 1) -> dict[str, int]:
    """Three tables of silver, each grown by a file; their versions."""
    return {name: grown(lake, name, rows) for name in NAMES}

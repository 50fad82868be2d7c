"""One row: for each equation of a table of gold, how many rows break it."""

import re
from contextlib import closing
from datetime import datetime

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.console import Failure
from fleetlake.releases.model import together
from spark_jobs.build.log import Entry, behind
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake, tables
from spark_jobs.tables import Table

NAMED = re.compile(r"\b(gold|gold_internal|silver|ops)\.(\w+)")
LAYER = "gold"  # the one whose tables have equations
MEMORY = "500MB"  # what does not fit goes to disk


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """A column per equation. Tables of gold are the ones that the gate looks at, all others those that they were built from."""
    asked = snapshot.contract.equations
    with closing(duckdb.connect(config={"threads": 2, "memory_limit": MEMORY})) as connection:
        for name in sorted({found[0] for each in asked for found in NAMED.finditer(each.expression)}):
            _show(connection, lake, name)
        counts = {each.name: _one(connection, f"select count(*) from ({each.expression})") for each in asked}
    return pl.DataFrame({name: [count] for name, count in counts.items()}, dict.fromkeys(counts, pl.Int64))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    [(count,)] = connection.execute(query).fetchall()
    return int(count)


def _show(connection: duckdb.DuckDBPyConnection, lake: Lake, name: str) -> None:
    layer, _, table = name.partition(".")
    connection.register(f"{layer}__{table}", _rows(lake, name))
    connection.execute(f"create schema if not exists {layer}")
    connection.execute(f"create view {name} as from {layer}__{table}")


def _rows(lake: Lake, name: str) -> ds.Dataset | pa.Table:
    """A table of gold as the gate looks at it, another as the build of these versions had it: empty where nobody had written it yet."""
    if name.partition(".")[0] in together(LAYER):
        found = lake.snapshot(name)
        if found is None:
            raise Failure(f"{name} is not there", "fleet build gold")
        return found.rows(None)
    version = _build(lake).inputs.get(name)
    table = None if version is None else Table.existing(lake.root, name, version)
    return arrow_schema(contract(name)).empty_table() if table is None else Snapshot(table, contract(name), None).rows(None)


def _build(lake: Lake) -> Entry:
    opened = {name: lake.table(name) for name in tables(lake.root, LAYER)}
    found = behind(lake.root, {name: table.version for name, table in opened.items() if table is not None})
    if found is None:
        raise Failure("no build wrote these versions of gold together", "fleet build gold")
    return found

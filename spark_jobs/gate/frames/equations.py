"""One row: for each equation of a table of gold, how many rows break it."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

import duckdb
import polars as pl

from fleetlake.console import Failure
from spark_jobs.build.log import LAYERS, Entry, entries
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake, tables
from spark_jobs.tables import Table

NAMED = re.compile(r"\b(gold|gold_internal|silver|ops)\.(\w+)")
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
    found = lake.snapshot(name) if layer in LAYERS else _pinned(lake, name)
    if found is None:
        raise Failure(f"{name} is not there", "fleet build gold")
    connection.register(f"{layer}__{table}", found.rows(None))
    connection.execute(f"create schema if not exists {layer}")
    connection.execute(f"create view {name} as from {layer}__{table}")


def _pinned(lake: Lake, name: str) -> Snapshot | None:
    """A source as the build of these versions had it."""
    from expectations.contract import contract

    version = _build(lake).inputs.get(name)
    table = None if version is None else Table.existing(lake.root, name, version)
    return None if table is None else Snapshot(table, contract(name), None)


def _build(lake: Lake) -> Entry:
    held = dict(_versions(lake))
    found = next(
        (one for one in reversed(entries(lake.root)) if {name: each["version"] for name, each in one.tables.items()} == held), None
    )
    if found is None:
        raise Failure("no build wrote these versions of gold together", "fleet build gold")
    return found


def _versions(lake: Lake) -> Iterator[tuple[str, int]]:
    for name in tables(lake.root, LAYERS[0]):
        table = lake.table(name)
        if table is not None:
            yield name, table.version

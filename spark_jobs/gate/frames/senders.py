"""One row about the vehicles of the changed days: how many no register knows, and how many of the numbers that they count with never came."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

from expectations.contract import contract
from expectations.schemas import arrow_schema
from expectations.suites import once
from expectations.suites.references import REGISTER
from spark_jobs.gate.snapshot import Snapshot, batches
from spark_jobs.gate.versions import Lake

MEMORY = "250MB"  # what does not fit goes to disk
NUMBERED = ("vehicle_key", "boot_id", "occurred_on", "sequence")
REFUSED = ("vehicle_key", "occurred_on", "headers")
# Refused events came: their numbers are in their headers. A twin that stops a release by itself hides one gap.
BOOTS = """
    create temp table boots as
    select vehicle_key, max(sequence) - min(sequence) + 1 as numbers, count(sequence) as came, bool_or(accepted) as accepted
    from (
        select *, true as accepted from accepted
        union all by name
        select vehicle_key, occurred_on, header(headers, 'ce_bootid') as boot_id,
               try_cast(header(headers, 'ce_sequence') as bigint) as sequence, false as accepted
        from refused
    )
    group by vehicle_key, boot_id, occurred_on
"""
HEADER = "create temp macro header(headers, wanted) as list_filter(headers, lambda each: each.name = wanted)[1].value::varchar"
SUMMED = """
    select vehicles, unknown, unknown / nullif(vehicles, 0) as unknown_share, numbers, lost, lost / nullif(numbers, 0) as lost_share
    from (select coalesce(sum(numbers), 0)::bigint as numbers, coalesce(sum(greatest(numbers - came, 0)), 0)::bigint as lost from boots),
         (select count(*) as vehicles, count(*) filter (where vehicle_key not in (select vehicle_key from known)) as unknown
          from (select distinct vehicle_key from boots where accepted))
"""
STRANGERS = "select {examples} from accepted where vehicle_key not in (select vehicle_key from known) group by vehicle_key limit 20"


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """vehicles, unknown, unknown_share, numbers, lost, lost_share; a share of nothing is null."""
    with closing(_connected(lake)) as connection:
        connection.execute(HEADER)
        connection.register("accepted", batches(snapshot.rows(snapshot.changed), NUMBERED))
        connection.register("refused", _refused(lake, snapshot))
        connection.execute(BOOTS)
        return connection.execute(SUMMED).pl()


def strangers(lake: Lake, snapshot: Snapshot) -> tuple[dict[str, Any], ...]:
    """Keys of an event of each of some vehicles that no register knows; the vehicles themselves are not named."""
    key = once.shown(snapshot.contract)
    with closing(_connected(lake)) as connection:
        connection.register("accepted", batches(snapshot.rows(snapshot.changed), ["vehicle_key", *key]))
        found = connection.execute(STRANGERS.format(examples=", ".join(f"any_value({name})" for name in key))).fetchall()
    return tuple(dict(zip(key, values, strict=True)) for values in found)


def _connected(lake: Lake) -> duckdb.DuckDBPyConnection:
    """A connection that has the registered vehicles as `known`."""
    connection = duckdb.connect(config={"threads": 2, "memory_limit": MEMORY})
    connection.register("register", _rows(lake, REGISTER, ["vehicle_key"]))
    connection.execute("create temp table known as select distinct vehicle_key from register where vehicle_key is not null")
    return connection


def _rows(lake: Lake, table: str, columns: Sequence[str], where: ds.Expression | None = None) -> pa.RecordBatchReader:
    """Columns of a whole table; nothing where it does not exist yet."""
    held = lake.snapshot(table)
    if held is None:
        return pa.table({name: pa.array([], arrow_schema(contract(table)).field(name).type) for name in columns}).to_reader()
    return batches(held.rows(None), columns, where)


def _refused(lake: Lake, snapshot: Snapshot) -> pa.RecordBatchReader:
    """Events of the family and of the changed days that were refused."""
    where = ds.field("family") == snapshot.contract.table
    if snapshot.changed is not None:
        where &= ds.field("occurred_on").isin(sorted(snapshot.changed))
    return _rows(lake, "silver.quarantine", REFUSED, where)

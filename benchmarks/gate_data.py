"""Silver rows for the gate's benchmark: uses of features that keep every promise, and releases of them."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from expectations.suites.references import REGISTER, features
from spark_jobs.files import write
from spark_jobs.ledger import Entry, metadata
from spark_jobs.runs import RUNS, opened

TABLE = "silver.feature_usage"
FIRST = date(2026, 3, 1)
VEHICLES = 50_000
UNCOMPRESSED = ("event_id", "event_hash", "body_hash")


def table(lake: str, days: int, rows: int) -> None:
    """A table of so many days with so many rows each, a commit a day, and the register of its vehicles."""
    held = opened(lake, TABLE)
    for number in range(days):
        day = FIRST + timedelta(days=number)
        file = write(held.path, uses(day, rows, number), {"occurred_on": day}, statistics_columns(contract(TABLE)), UNCOMPRESSED)
        # a replay: nothing has to be in bronze for it
        held.commit([file], {RUNS: number + 1}, metadata([Entry("replay", None, None, None, None, None, rows, run=number + 1)]))
    opened(lake, "ops.refine_runs").commit([], {RUNS: days, "closed": days})
    known = pl.DataFrame({"vehicle_key": keys()}).with_columns(occurred_on=pl.lit(FIRST)).to_arrow()
    register, schema = opened(lake, REGISTER), arrow_schema(contract(REGISTER))
    rest = {field.name: pa.nulls(VEHICLES, field.type) for field in schema if field.name not in known.column_names}
    loose = pa.schema([field.with_nullable(True) for field in schema])
    whole = pa.table({name: rest[name] if name in rest else known[name] for name in schema.names}).cast(loose)
    register.commit([write(register.path, whole, {"occurred_on": FIRST}, ())], {})


def released(lake: str, version: int) -> None:
    """Readers see that version."""
    promise = contract("ops.releases")
    row = {"release": 1, "at": datetime.now(UTC), "layer": "silver", "table_name": TABLE, "version": version, "rows": 0, "gate_run": 1}
    row |= {"contract_version": contract(TABLE).version, "code_version": "", "actor": "", "note": "", "kind": "release"}
    opened(lake, promise.id).append(pa.Table.from_pylist([row], arrow_schema(promise)), {"releases": 1})
    opened(lake, "ops.gate_results").commit([], {"gates": 1})


def keys() -> pl.Series:
    """The vehicles."""
    return pl.Series([f"{number:032x}" for number in range(VEHICLES)])


def uses(day: date, count: int, seed: int) -> pa.Table:
    """One day's rows, sorted as refine sorts them."""
    rng = np.random.default_rng(seed)
    vehicle = np.sort(rng.integers(0, VEHICLES, count))
    numbers = rng.integers(0, 2**63 - 1, count, dtype=np.int64)
    at = np.datetime64(day, "us") + (rng.random(count) * 86_000e6).astype("timedelta64[us]")

    def words(of: tuple[str, ...], which: np.ndarray) -> pl.Series:
        return pl.Series(list(of)).gather(which % len(of))

    frame = pl.DataFrame(
        {
            "event_id": pl.Series(numbers).cast(pl.String),
            "vehicle_key": keys().gather(vehicle),
            "occurred_at": pl.Series(at).dt.replace_time_zone("UTC"),
            "boot_id": words(tuple(f"boot{number}" for number in range(64)), vehicle),
            "sequence": np.arange(count) - np.searchsorted(vehicle, vehicle),
            "model": words(("C1E", "C2E", "T2"), vehicle),
            "market": words(("DE", "FR", "US"), vehicle),
            "sw_version": words(("2026.1.0", "2026.2.0"), vehicle),
            "feature_id": words(features(), numbers),
            "outcome": words(("done", "cancelled", "failed"), numbers // 16),
            "duration_ms": numbers % 86_400_000,
            "entry_point": words(("touch", "button", "voice"), numbers // 64),
            "correlation_id": pl.Series(numbers // 8).cast(pl.String),
            "event_hash": rng.permutation(numbers),
            "offset": np.arange(count) + count * seed,
        }
    ).with_columns(
        occurred_on=pl.lit(day),
        received_at=pl.col("occurred_at") + timedelta(seconds=5),
        is_late=pl.lit(False),
        is_resend=pl.lit(False),
        action=pl.lit("stopped"),
        unknown_fields=pl.lit(None, pl.String),
        topic_id=pl.lit("T"),
        partition=pl.lit(0, pl.Int32),
    )
    schema = arrow_schema(contract(TABLE))
    bodies = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, pa.py_buffer(rng.bytes(16 * count))]).cast(pa.binary())
    return frame.to_arrow().append_column("body_hash", bodies).select(schema.names).cast(schema)

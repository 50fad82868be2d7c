"""Released silver for the benchmark of gold: the simulator's days, without bodies, Kafka or faults, straight into Delta tables."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.releases.model import Pin
from fleetlake.simulator import fleet as fleets
from fleetlake.simulator.day import Day, software_names
from fleetlake.simulator.events import of_family
from fleetlake.simulator.family import registry
from fleetlake.simulator.faults.plant import plant
from fleetlake.simulator.plan import Plan
from fleetlake.simulator.records import LATE_MS
from fleetlake.simulator.world import days
from spark_jobs.files import DataFile, write
from spark_jobs.layers import tables_of
from spark_jobs.releases.log import Log, made
from spark_jobs.runs import RUNS, opened

REPORTS = 4  # of signals, per vehicle and day: more of them change no mart
UNCOMPRESSED = ("event_id", "event_hash", "body_hash")
NAMES = tuple(f"silver.{family}" for family in registry())


def plan(vehicles: int, length: int, first: date) -> Plan:
    """A calm fleet that drives for so many days."""
    return Plan(vehicles=vehicles, days=length, start=first, density=1)


def silver(lake: str, asked: Plan, at_once: int) -> Iterator[int]:
    """Writes what was received on the first `at_once` days in one commit per table, then a day per commit; yields the number of days after each, when it
    is released. The first day that comes alone brings nothing late: what the register hears of days before waits for the second.
    """
    pending: dict[str, pl.DataFrame] = {}
    files: dict[str, list[DataFile]] = {name: [] for name in NAMES}
    for day in days(asked, fleets.build(asked)):
        for family in registry():
            made = _events(day.of(family, left=REPORTS * asked.vehicles))
            whole = pl.concat([pending[family], made]) if family in pending else made
            comes = _comes(whole, day, is_punctual=day.number == at_once)
            pending[family] = whole.filter(~comes)
            files[f"silver.{family}"] += [_file(lake, family, rows) for rows in whole.filter(comes).partition_by("occurred_on")]
        if day.number + 1 >= at_once:
            _release(lake, files, day.number + 1)
            files = {name: [] for name in NAMES}
            yield day.number + 1


def _comes(rows: pl.DataFrame, day: Day, *, is_punctual: bool) -> pl.Series:
    """Which rows are received before the day is over, and not later than on the day that they tell of where that is asked for."""
    today = datetime.fromtimestamp(day.start_ms / 1000, UTC)
    comes = rows["received_at"] < today + timedelta(days=1)
    return comes & (rows["valid_from"] >= today).fill_null(True) if is_punctual and "valid_from" in rows.columns else comes


def _events(day: Day) -> pl.DataFrame:
    rows = plant(day, of_family(day, registry()[day.family]), None).sent
    told = rows.with_columns(
        occurred_at=_instant("occurred"),
        occurred_on=_instant("occurred").dt.date(),
        received_at=_instant("received"),
        is_late=pl.col("received") - pl.col("occurred") > LATE_MS,
        boot_id=pl.col("boot").cast(pl.String),
        sw_version=software_names(rows["software"].to_numpy()),
        event_hash=pl.col("draw").reinterpret(signed=True),
        body_hash=pl.col("event_id").str.slice(0, 16).cast(pl.Binary),
        topic_id=pl.lit("T"),
        offset=pl.int_range(pl.len()) + day.number * 100_000_000,
    )
    return told.hstack(day.fleet.columns(rows["vehicle"].to_numpy()))


def _instant(milliseconds: str) -> pl.Expr:
    return (pl.col(milliseconds) * 1000).cast(pl.Datetime("us", "UTC"))


def _file(lake: str, family: str, rows: pl.DataFrame) -> DataFile:
    """One day's file, sorted as refine sorts it."""
    promise = contract(f"silver.{family}")
    held = rows.sort("vehicle_key", "occurred_at").to_arrow(compat_level=pl.CompatLevel.oldest())
    schema = pa.schema([field.with_nullable(True) for field in arrow_schema(promise)])
    columns = [
        held[field.name].cast(field.type) if field.name in held.column_names else pa.nulls(len(rows), field.type) for field in schema
    ]
    root = opened(lake, promise.id).path
    return write(root, pa.table(columns, schema=schema), {"occurred_on": rows["occurred_on"][0]}, statistics_columns(promise), UNCOMPRESSED)


def _release(lake: str, files: dict[str, list[DataFile]], number: int) -> None:
    """Commits the files and shows them to readers, past the gate, which has a benchmark of its own."""
    pins = []
    for name, written in files.items():
        opened(lake, name).commit(written, {RUNS: number})
    for name in tables_of(lake, "silver"):  # the bill's too
        table = opened(lake, name)
        pins.append(Pin(name, table.version, sum(file["num_records"] for file in table.actions()), number, contract(name).version))
    log = Log.open(lake)
    log.commit([made(log.next, "silver", "release", pins)])

"""Speed at 1 Hz as vehicle_signals: a row is a report, a pause of more than five minutes begins a new trip, and a trip is a boot.

The Parquet file has `timestamp` (local, without zone), `speed_mph` and `vehicle`, and may have `accel_meters_ps`.
Speed becomes km/h. The odometer is left out: distance by integration would miss every pause and has no beginning.
"""

from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import polars as pl

from fleetlake.adapters.documents import Unreadable
from fleetlake.adapters.events import Event, Skipped, VehicleKey, event_id

SOURCE = "/adapters/drive-cycles"
ZONE = "America/Chicago"  # where the surveyed households live; of an hour that the clocks repeat, the first is meant
TRIP_GAP_S = 300  # shorter pauses are red lights and filling stations
KMH_PER_MPH = 1.609344
MS2_PER_MPH_PER_S = 0.44704  # accel_meters_ps is the difference of speed_mph from second to second, whatever its name says
ACCELERATION = "Vehicle.Acceleration.Longitudinal"
NEEDED: dict[str, pl.DataType] = {"timestamp": pl.Datetime("us"), "speed_mph": pl.Float64(), "vehicle": pl.String()}


def events(path: Path, vehicle_key: VehicleKey) -> Iterator[Event | Skipped]:
    """One event a row, by vehicle and time; rows without a vehicle or a time that exists are skipped. Raises Unreadable."""
    rows = _rows(path)
    placed = placed_in_time(rows)
    yield from repeat(Skipped(f"no vehicle, or no time that exists in {ZONE}", "vehicle_signals"), rows.height - placed.height)
    for vehicle, at, trip, sequence, body in reports(placed).select("vehicle", "at", "trip", "sequence", "body").iter_rows():
        key = vehicle_key(vehicle)
        boot = {"bootid": trip, "sequence": str(sequence)}
        yield Event("vehicle_signals", key, event_id(SOURCE, key, at), at, SOURCE, body.encode(), boot)


def _rows(path: Path) -> pl.DataFrame:
    try:
        rows = pl.read_parquet(path)
        return rows.with_columns(rows.select(pl.col(name).cast(kind) for name, kind in NEEDED.items()))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Unreadable(path, None, str(error).splitlines()[0]) from error


def placed_in_time(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that have a vehicle and a time, with `at`: their instant in UTC as RFC 3339."""
    local = pl.col("timestamp").dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null")
    return rows.with_columns(at=local.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")).drop_nulls(["vehicle", "at"])


def reports(placed: pl.DataFrame) -> pl.DataFrame:
    """The rows by vehicle and time, with `trip` (when it began), `sequence` (0, 1, 2… in the trip) and `body` (JSON text)."""
    begins = pl.col("pause").is_null() | (pl.col("pause") > TRIP_GAP_S)
    return (
        placed.sort("vehicle", "timestamp")
        .with_columns(pause=pl.col("timestamp").diff().over("vehicle").dt.total_seconds())
        .with_columns(trip=pl.when(begins).then("at").forward_fill().over("vehicle"))
        .with_columns(sequence=pl.int_range(pl.len()).over("vehicle", "trip"), body=_body(placed))
    )


def _body(rows: pl.DataFrame) -> pl.Expr:
    speed = (pl.col("speed_mph") * KMH_PER_MPH).round(3).alias("speed_kmh")
    alone = pl.struct(speed).struct.json_encode()
    if "accel_meters_ps" not in rows.columns:
        return alone
    acceleration = pl.when(pl.col("pause") == 1).then((pl.col("accel_meters_ps") * MS2_PER_MPH_PER_S).round(3))
    signals = pl.concat_list(pl.struct(path=pl.lit(ACCELERATION), value=acceleration))
    return pl.when(acceleration.is_null()).then(alone).otherwise(pl.struct(speed, signals.alias("signals")).struct.json_encode())

"""From what a family's generator made to events that can be sent: ids, boots, clocks, reception."""

from zlib import crc32

import numpy as np
import polars as pl

from fleetlake.simulator.day import Day, hex_ids
from fleetlake.simulator.family import Family
from fleetlake.simulator.plan import DAY_MS

LIBRDKAFKA, JAVA = 0, 1
HOT_VEHICLE = 0
OWN = {  # what the simulator keeps beside `vehicle`, `at` and the family's own columns; times in ms since 1970
    "event_id": pl.String,
    "draw": pl.UInt64,  # from which bulky columns are made
    "software": pl.Int64,  # index into SOFTWARE
    "boot": pl.Int64,  # when the boot began, s; null for back ends
    "sequence": pl.Int64,
    "occurred": pl.Int64,  # by the sender's clock
    "received": pl.Int64,
    "routed": pl.Int64,  # when the partition was chosen, if that was not at reception
    "fault": pl.String,
    "way": pl.String,  # how the record is broken
    "expected": pl.String,
    "is_resend": pl.Boolean,
    "is_id_reused": pl.Boolean,
    "producer": pl.UInt8,
    "partition": pl.Int32,
}


def of_family(day: Day, family: Family) -> pl.DataFrame:
    """A family's events of one day with the columns of OWN, no fault in them, sorted by vehicle, boot and time."""
    made = _with_hot_key(day, family.events(day))
    vehicle, at = made["vehicle"].to_numpy(), made["at"].to_numpy()
    boot = _boots(day, vehicle, at)
    order = np.lexsort((at, boot, vehicle))
    made, vehicle, at, boot = made[order], vehicle[order], at[order], boot[order]
    rng = np.random.default_rng([day.plan.seed, 6, day.number, crc32(day.family.encode())])
    n = len(made)
    own = {
        "event_id": hex_ids(rng, n),
        "draw": rng.integers(0, 1 << 63, n, dtype=np.uint64),
        "software": day.campaigns.software(day.fleet.base_software, vehicle, at),
        "boot": boot if family.has_boots else None,
        "occurred": at,
        "received": at + 150 + rng.exponential(1_800, n).astype(np.int64),
        "expected": "silver",
        "is_resend": False,
        "is_id_reused": False,
        "producer": np.where(day.fleet.speaks_java[vehicle] | (not family.has_boots), JAVA, LIBRDKAFKA),
    }
    return made.with_columns(**{name: _column(own.get(name), kind) for name, kind in OWN.items()})


def _column(value: object, kind: pl.DataType | type[pl.DataType]) -> pl.Series | pl.Expr:
    return pl.Series(value, dtype=kind) if isinstance(value, np.ndarray | pl.Series) else pl.lit(value, kind)


def _boots(day: Day, vehicle: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A boot begins with each trip, and at midnight."""
    trip = day.trips.before(vehicle, at)
    return (np.where(trip >= 0, day.trips.start[trip], day.start_ms) if len(day.trips.start) else np.full(len(at), day.start_ms)) // 1000


def _with_hot_key(day: Day, made: pl.DataFrame) -> pl.DataFrame:
    """The hot vehicle sends as much of one family as all others together (at rate 1), all day long."""
    extra = round(len(made) * day.plan.rate("hot_key")) if day.family == day.plan.hot_family else 0
    if not extra:
        return made
    rng = np.random.default_rng([day.plan.seed, 7, day.number])
    hot = made[rng.integers(0, len(made), extra)]
    at = day.start_ms + rng.integers(0, DAY_MS, extra)
    return pl.concat([made, hot.with_columns(vehicle=pl.lit(HOT_VEHICLE, pl.UInt32), at=pl.Series(at))])

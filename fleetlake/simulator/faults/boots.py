"""Faults of whole boots and regions: offline in a garage, an outage, a boot or its tail that is never heard."""

from zlib import crc32

import numpy as np
import polars as pl

from fleetlake.simulator.day import Day
from fleetlake.simulator.plan import DAY_MS
from fleetlake.simulator.signals import as_share, mixed

HOUR_MS = 3_600_000
OUTAGE_MS = 5 * HOUR_MS
SHORTEST_GARAGE_MS, LONGEST_GARAGE_MS = 10 * 60_000, 6 * DAY_MS


def delayed(day: Day, events: pl.DataFrame) -> pl.DataFrame:
    """What happened in a garage comes when the car leaves it; what a region sent during an outage comes after it, together."""
    rng = np.random.default_rng([day.plan.seed, 9, day.number, crc32(day.family.encode())])
    received, spread = events["received"].to_numpy(), rng.integers(0, 10 * 60_000, len(events))
    out, end = _in_outage(day, events)
    garage = _dice(day, events, "garage") < day.plan.rate("garage") if events["boot"].null_count() == 0 else np.zeros(len(events), bool)
    stay = SHORTEST_GARAGE_MS * (LONGEST_GARAGE_MS / SHORTEST_GARAGE_MS) ** _dice(day, events, "stay")
    leaves = events["boot"].fill_null(0).to_numpy() * 1000 + stay.astype(np.int64)
    garage &= leaves > received
    label = pl.when(pl.Series(garage)).then(pl.lit("garage")).when(pl.Series(out)).then(pl.lit("outage"))
    moved = np.where(garage, leaves + spread // 20, np.where(out, end + spread, received))
    return events.with_columns(received=pl.Series(moved), fault=label)


def _in_outage(day: Day, events: pl.DataFrame) -> tuple[np.ndarray, int]:
    """Which events would be received while a region is cut off, in its day time, and when it is back (ms)."""
    rng, rate = np.random.default_rng([day.plan.seed, 10, day.number]), day.plan.rate("outage")
    victim = rng.integers(0, day.plan.vehicles)
    begin = day.start_ms + min((int(rng.integers(7, 15)) * HOUR_MS - int(day.fleet.offset_ms[victim])) % DAY_MS, DAY_MS - OUTAGE_MS)
    happens = rate > 0 and (rng.random() < rate or day.number == day.plan.days // 2)
    received = events["received"].to_numpy()
    is_cut = (received >= begin) & (received < begin + OUTAGE_MS)
    is_there = day.fleet.region[events["vehicle"].to_numpy()] == day.fleet.region[victim]
    return is_cut & is_there & happens, begin + OUTAGE_MS


def lost_boot(day: Day, events: pl.DataFrame) -> np.ndarray:
    """Which events belong to boots that are never heard, in no family."""
    lost: np.ndarray = events["boot"].is_not_null().to_numpy() & (_dice(day, events, "boot") < day.plan.rate("lost_boot"))
    return lost


def lost_tail(day: Day, events: pl.DataFrame) -> np.ndarray:
    """Which events are in the last third of a boot whose end is never heard, family by family."""
    nth, size = pl.int_range(pl.len()).over("vehicle", "boot"), pl.len().over("vehicle", "boot").cast(pl.Int64)
    is_last = events.select(nth >= size - pl.max_horizontal(size // 3, 1)).to_series().to_numpy()
    lost: np.ndarray = (
        events["boot"].is_not_null().to_numpy() & is_last & (_dice(day, events, f"tail of {day.family}") < day.plan.rate("lost_tail"))
    )
    return lost


def _dice(day: Day, events: pl.DataFrame, salt: str) -> np.ndarray:
    """A number in [0, 1) per boot, the same in every family."""
    seed = np.uint64(crc32(f"{day.plan.seed} {salt}".encode()))
    boot = events["boot"].fill_null(0).to_numpy().astype(np.uint64)
    boot ^= events["vehicle"].to_numpy().astype(np.uint64) << np.uint64(40)
    return as_share(mixed(mixed(boot) ^ seed))

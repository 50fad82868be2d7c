"""Commands from afar: most are executed, some fail, expire or are cancelled."""

import numpy as np
import polars as pl

from fleetlake.simulator.day import Day, hex_ids, words
from fleetlake.simulator.family import Family
from fleetlake.simulator.habits import WEEKEND
from fleetlake.simulator.plan import DAY_MS
from fleetlake.simulator.trips import HOUR_MS

PER_DAY = 0.6
COMMANDS = (
    "lock",
    "unlock",
    "climate_start",
    "climate_stop",
    "charge_start",
    "charge_stop",
    "lights_flash",
    "find_vehicle",
    "send_destination",
)
WEIGHTS = [0.28, 0.16, 0.22, 0.06, 0.06, 0.02, 0.05, 0.07, 0.08]
ERRORS = ("VEHICLE_IN_MOTION", "DOOR_OPEN", "LOW_BATTERY", "TIMEOUT")
EXPIRY_MS = 300_000
FATES = [
    0.88,
    0.04,
    0.04,
    0.02,
    0.01,
    0.01,
]  # executed, failed, expired, cancelled, never heard of again, executed when the car woke a day later
AFTER_ALL = 0.25  # of those that expired: the vehicle executes them when it wakes soon after


def events(day: Day) -> pl.DataFrame:
    """requested, then delivered and executed or failed; expired where the vehicle was not reached; cancelled by the customer; some never end."""
    rng = day.rng
    vehicle = np.repeat(np.arange(day.plan.vehicles, dtype=np.uint32), rng.poisson(PER_DAY * day.is_sold))
    n = len(vehicle)
    local = (rng.choice(24, n, p=WEEKEND / WEEKEND.sum()) + rng.random(n)) * HOUR_MS
    requested = day.start_ms + (local.astype(np.int64) - day.fleet.offset_ms[vehicle]) % DAY_MS
    base = pl.DataFrame(
        {"vehicle": vehicle, "command_id": hex_ids(rng, n), "command": words(COMMANDS, rng.choice(len(COMMANDS), n, p=WEIGHTS))}
    )
    fate = rng.choice(len(FATES), n, p=FATES)
    is_after_all = (fate == 2) & (rng.random(n) < AFTER_ALL)
    asleep = np.where(fate == 5, DAY_MS, np.where(is_after_all, 2 * EXPIRY_MS, 0))
    delivered, errors = requested + asleep + rng.integers(800, 30_000, n), words(ERRORS, rng.integers(0, len(ERRORS), n))
    done = delivered + rng.integers(1_000, 25_000, n)
    steps = [
        base.with_columns(at=pl.Series(requested), step=pl.lit("requested")),
        base.with_columns(at=pl.Series(delivered), step=pl.lit("delivered")).filter((fate < 2) | (fate == 5) | is_after_all),
        base.with_columns(at=pl.Series(done), step=pl.lit("executed")).filter((fate == 0) | (fate == 5) | is_after_all),
        base.with_columns(at=pl.Series(done), step=pl.lit("failed"), error_code=errors).filter(fate == 1),
        base.with_columns(at=pl.Series(requested + EXPIRY_MS), step=pl.lit("expired"), error_code=pl.lit("NOT_REACHED")).filter(fate == 2),
        base.with_columns(at=pl.Series(requested + 4_000), step=pl.lit("cancelled")).filter(fate == 3),
    ]
    return pl.concat(steps, how="diagonal").select("vehicle", "at", "command_id", "command", "step", "error_code")


FAMILY = Family(
    events=events,
    required=("command_id", "command", "step"),
    not_allowed=(
        {"command": "self_destruct"},
        {"step": "forgotten"},
        {"step": "executed", "error_code": "E1"},
        {"command_id": "no spaces"},
    ),
)

"""What drivers and passengers use on their trips."""

import numpy as np
import polars as pl

from fleetlake.simulator.catalogue import FEATURES
from fleetlake.simulator.day import Day, hex_ids, words
from fleetlake.simulator.family import Family
from fleetlake.simulator.plan import DAY_MS
from fleetlake.simulator.trips import HOUR_MS

CODES = tuple(feature.code for feature in FEATURES)
OPENED, STARTED, ADJUSTED = 0.25, 0.2, 0.12  # shares of uses that are looked at first, whose start is told, that are adjusted on the way
ALONE = 0.3  # of uses of one step: nobody gave them a correlation
OUTCOMES = ("done", "cancelled", "failed")
ENTRY_POINTS = ("touch", "button", "voice", "app", "automatic")


def events(day: Day) -> pl.DataFrame:
    """Uses of what a vehicle has and its driver has taken up: `stopped` with its duration, some with steps before it."""
    rng, trips = day.rng, day.trips
    usable = day.usable(np.full(day.plan.vehicles, day.start_ms))
    hour = (trips.start - day.start_ms + day.fleet.offset_ms[trips.vehicle]) % DAY_MS / HOUR_MS
    likely = day.fleet.habits.uses(trips.vehicle, hour, is_weekend=day.plan.is_weekend(day.number))
    used = usable[trips.vehicle] & (rng.random(likely.shape) < likely)
    trip, feature = np.nonzero(used)
    n, length = len(trip), (trips.end - trips.start)[trip]
    begin = trips.start[trip] + (rng.random(n) * length * 0.8).astype(np.int64)
    typical = np.array([f.typical_ms for f in FEATURES])[feature] * rng.lognormal(0, 0.5, n)
    duration = np.minimum(typical, trips.end[trip] - begin).astype(np.int64)
    base = pl.DataFrame({"vehicle": trips.vehicle[trip], "feature_id": words(CODES, feature), "correlation_id": hex_ids(rng, n, 16)})
    base = base.with_columns(entry_point=words(ENTRY_POINTS, rng.choice(5, n, p=[0.5, 0.2, 0.1, 0.08, 0.12])))
    fate = rng.choice(3, n, p=[0.93, 0.04, 0.03])
    opened, adjusted, started = rng.random(n) < OPENED, rng.random(n) < ADJUSTED, rng.random(n) < STARTED
    is_alone = ~(opened | adjusted | started) & (rng.random(n) < ALONE)
    base = base.with_columns(correlation_id=base["correlation_id"].set(pl.Series(is_alone), None))
    steps = [
        base.with_columns(at=pl.Series(begin), action=pl.lit("opened"), outcome=pl.lit("done")).filter(opened),
        base.with_columns(at=pl.Series(begin + 500), action=pl.lit("started"), outcome=pl.lit("done")).filter(started),
        base.with_columns(at=pl.Series(begin + duration // 2), action=pl.lit("adjusted"), outcome=pl.lit("done")).filter(adjusted),
        base.with_columns(
            at=pl.Series(begin + duration), action=pl.lit("stopped"), outcome=words(OUTCOMES, fate), duration_ms=pl.Series(duration)
        ),
    ]
    order = ["vehicle", "at", "feature_id", "action", "outcome", "duration_ms", "entry_point", "correlation_id"]
    return pl.concat(steps, how="diagonal").select(order)


FAMILY = Family(
    events=events,
    required=("feature_id", "action", "outcome"),
    out_of_range=({"duration_ms": -1, "action": "stopped"}, {"duration_ms": 86_400_001, "action": "stopped"}),
    not_allowed=(
        {"action": "swallowed"},
        {"outcome": "flew"},
        {"entry_point": "telepathy"},
        {"feature_id": "Seat Heating"},
        {"action": "opened", "duration_ms": 5},
    ),
)

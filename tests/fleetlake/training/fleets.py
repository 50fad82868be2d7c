"""Training sets of simulated fleets, without a lake: labels as the SQL makes them, and a few features that the truth gives."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl

from fleetlake.simulator import fleet
from fleetlake.simulator.batteries import sessions
from fleetlake.simulator.catalogue import FEATURES
from fleetlake.simulator.generate import generate
from fleetlake.simulator.plan import Plan
from fleetlake.simulator.world import days

CODES = [feature.code for feature in FEATURES]
USED = tuple(f"{code}_uses_28d" for code in CODES)
DRIVERS = Plan(vehicles=120, days=21, density=1, seed=3)
BATTERIES = Plan(vehicles=400, days=75, seed=3)
HORIZON = 14
AGED = ("public_charging_share_28d", "charged_kwh_28d", "health_lost_28d")


@cache
def suggestions() -> pl.DataFrame:
    """A row per use, and how often the vehicle had used each feature in the 28 days before that day."""
    parts = [part.records["feature_usage"] for part in generate(DRIVERS) if "feature_usage" in part.records]
    at = pl.col("occurred_at") - pl.duration(milliseconds="duration_ms")
    uses = pl.concat(parts).filter(action="stopped").select("vehicle_key", "model", "market", at=at, target="feature_id")
    hours, weekday = pl.col("at").dt.hour() + pl.col("at").dt.minute() / 60, pl.col("at").dt.weekday()
    return uses.with_columns(hour=hours.cast(pl.Float32), weekday=weekday.cast(pl.Float32), day=pl.col("at").dt.date()).join(
        _used_before(uses), on=["vehicle_key", "day"]
    )


def _used_before(uses: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("at").dt.date()
    counted = uses.group_by("vehicle_key", "target", day=day).len().pivot("target", index=["vehicle_key", "day"], values="len").fill_null(0)
    known = pl.DataFrame({"day": counted["day"].unique()}).join(counted.select("vehicle_key").unique(), how="cross")
    by_day = known.join(counted, on=["vehicle_key", "day"], how="left").sort("vehicle_key", "day").fill_null(0)
    before = [
        pl.col(code).cast(pl.Int64).cum_sum().shift(1).over("vehicle_key").alias(name)
        for code, name in zip(CODES, USED, strict=True)
        if code in by_day
    ]
    none = [pl.lit(0.0).alias(name) for code, name in zip(CODES, USED, strict=True) if code not in by_day]
    return by_day.select("vehicle_key", "day", *before, *none)


@cache
def batteries() -> pl.DataFrame:
    """A row per electric vehicle and week: what it will have lost in HORIZON days, and how it was charged before."""
    vehicles = fleet.build(BATTERIES)
    driven = list(days(BATTERIES, vehicles))
    measured = np.random.default_rng(0).normal(0, 0.007, (len(driven), BATTERIES.vehicles))  # a day's mean of some reports
    health = np.stack([day.health for day in driven]) + measured
    energy, public, charged = (np.zeros(health.shape) for _ in range(3))
    for day in driven:
        found = sessions(day)
        energy[day.number, found.vehicle] = found.energy_wh / 1000
        public[day.number, found.vehicle], charged[day.number, found.vehicle] = found.place == 2, 1
    described = vehicles.columns(np.arange(BATTERIES.vehicles))
    frames = [
        described.with_columns(
            at=pl.lit(datetime.combine(BATTERIES.start, datetime.min.time(), UTC) + timedelta(days=n + 1)),
            health_percent=health[n],
            target=health[n] - health[n + HORIZON],
            public_charging_share_28d=public[n - 28 : n].sum(axis=0) / np.maximum(charged[n - 28 : n].sum(axis=0), 1),
            charged_kwh_28d=energy[n - 28 : n].sum(axis=0),
            health_lost_28d=health[n - 28] - health[n],
        ).filter(pl.Series(vehicles.is_electric))
        for n in range(28, BATTERIES.days - HORIZON)
    ]
    return pl.concat(frames)

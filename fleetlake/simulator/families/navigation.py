"""Routes on some of the trips, and map updates."""

import numpy as np
import polars as pl

from fleetlake.simulator.day import Day, hex_ids
from fleetlake.simulator.family import Family
from fleetlake.simulator.plan import DAY_MS

GUIDED, REPLANNED, CANCELLED = 0.35, 0.25, 0.12  # shares of trips, and of routes
MAP_UPDATES_PER_DAY = 0.01


def events(day: Day) -> pl.DataFrame:
    """planned at the start of a trip, replanned on the way, arrived or cancelled; map_updated now and then."""
    rng, trips = day.rng, day.trips
    trip = np.flatnonzero(rng.random(len(trips.vehicle)) < GUIDED)
    n, start, length, distance = len(trip), trips.start[trip], (trips.end - trips.start)[trip], trips.distance_m[trip]
    base = pl.DataFrame({"vehicle": trips.vehicle[trip], "route_id": hex_ids(rng, n, 24), "distance_m": distance}).with_columns(
        map_version=_map(day)
    )
    planned = (distance * rng.uniform(0.9, 1.1, n)).astype(np.int64)
    is_cancelled = rng.random(n) < CANCELLED
    end = start + np.where(is_cancelled, (length * rng.uniform(0.1, 0.9, n)).astype(np.int64), length)
    driven = np.where(is_cancelled, distance * (end - start) // np.maximum(length, 1), distance)
    is_replanned = ~is_cancelled & (rng.random(n) < REPLANNED)
    steps = [
        base.with_columns(at=pl.Series(start + 20_000), step=pl.lit("planned"), distance_m=pl.Series(planned)),
        base.with_columns(at=pl.Series(start + length // 2), step=pl.lit("replanned"), distance_m=pl.Series(planned)).filter(is_replanned),
        base.with_columns(at=pl.Series(end), step=pl.Series(np.where(is_cancelled, "cancelled", "arrived")), distance_m=pl.Series(driven)),
        _map_updates(day),
    ]
    return pl.concat(steps, how="diagonal").select("vehicle", "at", "route_id", "step", "distance_m", "map_version")


def _map(day: Day) -> pl.Expr:
    return pl.lit(f"{day.plan.start.year}.{day.plan.start.month:02d}.{1 + day.number // 7}")


def _map_updates(day: Day) -> pl.DataFrame:
    vehicle = np.flatnonzero(day.is_sold & (day.rng.random(day.plan.vehicles) < MAP_UPDATES_PER_DAY)).astype(np.uint32)
    at = day.start_ms + day.rng.integers(0, DAY_MS, len(vehicle))
    return pl.DataFrame({"vehicle": vehicle, "at": at}).with_columns(step=pl.lit("map_updated"), map_version=_map(day))


FAMILY = Family(
    events=events,
    required=("step",),
    out_of_range=({"distance_m": -1}, {"distance_m": 20_000_001}),
    not_allowed=(
        {"step": "lost"},
        {"step": "arrived", "route_id": None},
        {"step": "map_updated", "map_version": None},
        {"route_id": "to my mother's"},
    ),
)

"""Trips of one day: commuters on working days, later and longer at weekends; each trip is a boot of the vehicle's computers."""

from dataclasses import dataclass

import numpy as np

from fleetlake.simulator.fleet import Fleet
from fleetlake.simulator.habits import WEEKEND, WORKING
from fleetlake.simulator.plan import DAY_MS, Plan

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
BUSY = (1.05, 1.05, 1.05, 1.05, 1.15, 0.95, 0.75)  # trips by weekday, Monday first
LAST_START_MS = DAY_MS - 10 * MINUTE_MS


@dataclass(frozen=True)
class Trips:
    """Sorted by vehicle and start; times in ms, distances in m."""

    vehicle: np.ndarray
    start: np.ndarray
    end: np.ndarray
    distance_m: np.ndarray

    def before(self, vehicles: np.ndarray, at_ms: np.ndarray) -> np.ndarray:
        """Index of each vehicle's last trip that began at or before `at_ms`, -1 where there was none."""
        order = self.vehicle.astype(np.int64) << 43 | self.start
        found = np.searchsorted(order, vehicles.astype(np.int64) << 43 | at_ms, side="right") - 1
        is_own = (found >= 0) & (self.vehicle[found] == vehicles) if len(order) else np.zeros(len(found), bool)
        return np.where(is_own, found, -1)


def of_day(plan: Plan, fleet: Fleet, number: int) -> Trips:
    """Trips that begin on day `number` (UTC)."""
    rng, midnight = np.random.default_rng([plan.seed, 2, number]), plan.start_ms + number * DAY_MS
    vehicle = np.repeat(np.arange(plan.vehicles, dtype=np.uint32), rng.poisson(fleet.trips_per_day * BUSY[plan.weekday(number)]))
    hours = WEEKEND if plan.is_weekend(number) else WORKING
    local = (rng.choice(24, len(vehicle), p=hours / hours.sum()) + rng.random(len(vehicle))) * HOUR_MS
    start = (local.astype(np.int64) - fleet.offset_ms[vehicle]) % DAY_MS // 1000 * 1000 + MINUTE_MS
    order = np.lexsort((start, vehicle))
    minutes = np.clip(rng.lognormal(2.9, 0.7, len(vehicle)), 3, 240)
    duration = (minutes * MINUTE_MS).astype(np.int64) // 1000 * 1000
    start = _one_after_the_other(vehicle[order], start[order], duration)
    distance = duration / HOUR_MS * np.clip(rng.normal(42_000 + minutes * 250, 9_000), 8_000, 140_000)
    is_on_the_road = (midnight + start > fleet.sold_ms[vehicle[order]]) & (midnight + start < fleet.scrapped_ms[vehicle[order]])
    kept = (start < LAST_START_MS) & is_on_the_road
    return Trips(vehicle[order][kept], midnight + start[kept], midnight + (start + duration)[kept], distance[kept].astype(np.int64))


def _one_after_the_other(vehicle: np.ndarray, start: np.ndarray, duration: np.ndarray) -> np.ndarray:
    """Starts moved so that no vehicle begins a trip less than two minutes after its last one ended."""
    start, again = start.copy(), np.flatnonzero(vehicle[1:] == vehicle[:-1]) + 1
    rank = np.arange(len(vehicle)) - np.searchsorted(vehicle, vehicle)
    for nth in range(1, int(rank.max(initial=0)) + 1):
        at = again[rank[again] == nth]
        start[at] = np.maximum(start[at], start[at - 1] + duration[at - 1] + 2 * MINUTE_MS)
    return start
